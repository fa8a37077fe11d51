"""What experiments say together: their results over seeds."""
