"""Log-mel spectrograms of the mixed speech."""
