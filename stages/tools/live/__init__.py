"""A page on this machine alone that is asked about videos by voice: `svground live`."""
