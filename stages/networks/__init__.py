"""The parts of grounding networks: queries and videos in, scores of every video frame out.

One file, one part; the systems in stages/systems put them together. Their keys of params.yaml are in
stages/common/params/networks.py, which imports no torch, so that reading params stays quick.
"""
