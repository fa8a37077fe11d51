"""How well a method finds moments, beside what can be had without listening or looking."""
