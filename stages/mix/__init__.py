"""Noise of ESC-50 added to the speech, at a strength, over a part and at a place drawn per query.

The paper has one sentence for it: select a piece of noise, "add the noise to a random part of the original
audio with a proportion α". Nobody's code defines it, so every reading is a key of `noise` in params.yaml.
Ours, where the keys are silent:
- the noise is first scaled to the loudness (RMS) of the speech it covers, so α says how it compares;
- outside the covered part the speech stays as it is, in `convex` mode too;
- noise shorter than the covered part is looped; of longer noise a random part is taken;
- a part of a clip that is silent (ESC-50 pads short sounds with zeros) is drawn again;
- where the speech under the noise is silent there is no loudness to go by: it stays clean, and is counted.
"""
