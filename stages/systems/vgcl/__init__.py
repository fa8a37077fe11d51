"""VGCL (Xia et al., ACM MM 2022): the network of §4, pretraining of §5, and a pretraining of our own."""
