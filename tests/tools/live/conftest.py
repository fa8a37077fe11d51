import pytest
import torch

from tests.tools.ask.world import speech, write_video, write_wav
from tests.tools.live.world import Client, Recogniser, Served, options, write_opus, write_project


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A checkout, made once; its caches stay inside."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SVG_WORKERS", "1")
        torch.set_num_threads(1)
        write_project(folder)
    return folder


@pytest.fixture
def inside(project, monkeypatch):
    """The checkout as the current folder; its recogniser is a parrot."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "cache"))
    monkeypatch.setattr("stages.tools.ask.ears.engine_in", lambda *_: Recogniser())
    return project


@pytest.fixture
def served(inside):  # noqa: ARG001
    with Served(options()) as page:
        yield page


@pytest.fixture
def client(served):
    return Client(served)


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Videos and recordings to send."""
    folder = tmp_path_factory.mktemp("files")
    write_video(folder / "clip.mp4", sound=True)
    write_video(folder / "mute.mp4", 4)
    write_video(folder / "blink.mp4", 0.5)
    write_wav(folder / "q.wav", 2)
    write_opus(folder / "q.webm", speech(2))
    return folder
