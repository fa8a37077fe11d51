"""A synthetic stand-in for ESC-50, in its layout and with its names, so that the demo needs no download."""
