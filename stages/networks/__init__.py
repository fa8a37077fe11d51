"""The supervised networks of the paper: queries and videos in, scores of every video frame out.

One file, one part: `base.py` and `vsl.py` put them together. `config.py` holds their keys of params.yaml
and imports no torch, so that reading params stays quick.
"""
