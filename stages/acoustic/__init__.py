"""The default acoustic and language model of the ASR baseline: DeepSpeech runtime, our weights.

No trained DeepSpeech model can be had from a package registry, so a network of its architecture is trained
on the corpus' clean training speech, and written in the formats that the genuine library reads: a graph of
TensorFlow (`.pbmm`), and a KenLM language model with a trie of its words (`.scorer`). It is not Mozilla's
model.
"""
