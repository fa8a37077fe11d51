"""The words of the corpus as vectors, for the methods that read."""
