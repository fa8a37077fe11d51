"""Training of grounding networks: from a query and a video to the moment that the query describes."""
