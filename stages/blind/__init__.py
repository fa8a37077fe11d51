"""What can be had on test without listening or looking: the floors that every result stands on."""
