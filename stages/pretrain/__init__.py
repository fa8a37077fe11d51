"""Pretraining of the first audio encoder: CPC, VQ-CPC, VGCL (VGCL §5)."""
