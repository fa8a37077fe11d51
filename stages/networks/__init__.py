"""The supervised networks of the paper: queries and videos in, scores of every video frame out.

One file, one part; `registry.py` builds them by name. `config.py` holds their keys of params.yaml and
imports no torch, so that reading params stays quick.
"""
