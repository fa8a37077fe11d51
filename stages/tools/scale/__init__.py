"""Simulated corpora of any size, and what the data stages take for them."""
