"""Videos as features: the default descriptor of their pixels, and pretrained networks."""
