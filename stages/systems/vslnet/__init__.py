"""VSLNet (Zhang et al., ACL 2020), without and with highlighting, with speech for text."""
