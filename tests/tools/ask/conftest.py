import pytest
import torch

from tests.tools.ask.world import checkout, write_video


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A video of eight seconds with sound."""
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", sound=True)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout with the weights of `base`, which is the current folder; its caches stay inside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SVG_WORKERS", "1")
    torch.set_num_threads(1)
    checkout(tmp_path)
    return tmp_path
