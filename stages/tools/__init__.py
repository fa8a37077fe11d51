"""What is done with a finished run, and the commands for it."""
