"""Pretraining of the first audio encoder: CPC, VQ-CPC, VGCL (001 §5)."""
