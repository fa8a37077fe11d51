"""Each name of `corpus.features` gives its extractor, with weights of the published names and shapes."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from stages.common.errors import DataError
from stages.common.params import load_params
from stages.common.params.schema import Clips
from stages.corpus.extractors.c3d import C3D, c3d
from stages.corpus.extractors.chosen import chosen_extractor
from stages.corpus.extractors.clip import Tower, clip
from stages.corpus.pixels import WIDTH
from tests.paths import ROOT

CORPUS = load_params(ROOT / "params.yaml").corpus
# Of 224 pixels, patches of 32 and 12 layers, as openai/clip-vit-base-patch32 has them.
BASE = {"width": 768, "wide": 3072, "layers": 12, "patch": 32, "rows": 50, "outputs": 512}
SMALL = {"width": 128, "wide": 256, "layers": 2, "patch": 8, "rows": 17, "outputs": 24}
# In the order of c3d-pytorch's code.
C3D_SHAPES = {
    "conv1": (64, 3, 3, 3, 3), "conv2": (128, 64, 3, 3, 3), "conv3a": (256, 128, 3, 3, 3),
    "conv3b": (256, 256, 3, 3, 3), "conv4a": (512, 256, 3, 3, 3), "conv4b": (512, 512, 3, 3, 3),
    "conv5a": (512, 512, 3, 3, 3), "conv5b": (512, 512, 3, 3, 3),
    "fc6": (4096, 8192), "fc7": (4096, 4096), "fc8": (487, 4096),
}  # fmt: skip


def test_pixels_need_nothing():
    extractor = chosen_extractor(CORPUS.model_copy(update={"features": "pixels"}))
    assert extractor.facts == {"name": "pixels", "width": WIDTH}


def test_c3d_has_the_published_names_and_shapes():
    with torch.device("meta"):
        state = C3D().state_dict()
    shapes = {f"{name}.weight": shape for name, shape in C3D_SHAPES.items()}
    shapes |= {f"{name}.bias": shape[:1] for name, shape in C3D_SHAPES.items()}
    assert {name: tuple(value.shape) for name, value in state.items()} == shapes


def test_c3d_sees_blue_first_and_makes_4096_numbers():
    with torch.device("meta"):
        network = C3D()
        assert network(torch.zeros(2, 16, 112, 112, 3, dtype=torch.uint8)).shape == (2, 4096)
    network.mean = torch.tensor([90.0, 98.0, 102.0])
    usual = torch.tensor([102, 98, 90], dtype=torch.uint8).expand(1, 1, 1, 1, 3)
    assert network.centred(usual).flatten().tolist() == [0, 0, 0]
    assert network.centred(usual + torch.tensor([1, 0, 0], dtype=torch.uint8))[..., 2] == 1


def test_c3d_of_another_kind_is_refused(tmp_path):
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3, 3)}, tmp_path / "c3d.pickle")
    with pytest.raises(DataError, match=r"c3d.pickle does not fit: conv1.bias is absent, expected \[64\]"):
        c3d(Clips(frames=16, stride=8), tmp_path / "c3d.pickle")


def saved(folder, **changes):
    """A small tower beside the tower that reads, as Hugging Face saves them."""
    torch.manual_seed(0)
    weights = Tower(**SMALL).state_dict()
    weights["text_model.final_layer_norm.weight"] = torch.zeros(4)
    weights["vision_model.embeddings.position_ids"] = torch.arange(17)[None]
    path = folder / "model.safetensors"
    save_file({**weights, **changes}, path)
    return path


def test_clip_reads_its_size_off_the_weights(tmp_path):
    extractor = clip(saved(tmp_path), 2)
    assert (extractor.width, extractor.looks.cut, extractor.looks.frames) == (24, 32, 1)
    pictures = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 1, 32, 32, 3), np.uint8))
    rows = extractor.network(pictures)
    assert rows.shape == (3, 24)
    torch.testing.assert_close(rows[1:2], extractor.network(pictures[1:2]))
    assert not torch.allclose(rows[0], rows[1])


def test_clip_of_another_kind_is_refused(tmp_path):
    strange = {"vision_model.encoder.layers.0.layer_norm3.bias": torch.zeros(1)}
    with pytest.raises(DataError, match=r"layer_norm3.bias is \[1\], expected absent"):
        clip(saved(tmp_path, **strange), 2)
    save_file({"visual.proj": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(DataError, match=r"patch_embedding.weight is absent; expected Hugging Face's names"):
        clip(tmp_path / "a.safetensors", 2)


def test_clip_has_as_many_parameters_as_published():
    with torch.device("meta"):
        tower = Tower(**BASE)
    assert sum(value.numel() for value in tower.parameters()) == 87_849_216
