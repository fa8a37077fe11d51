"""Experiments as jobs of Slurm, one each."""
