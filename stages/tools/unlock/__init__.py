"""DVC's list of locks, mended where a killed DVC has left it in pieces."""
