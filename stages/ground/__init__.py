"""Grounding training: from what is said and what is seen to the moment that is meant."""
