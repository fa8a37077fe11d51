"""The pipeline as a picture."""
