"""The corpus room: queries, their clean speech and their videos' features."""
