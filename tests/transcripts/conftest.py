import pytest

from stages.common.artifacts import write_json
from stages.common.transcripts_needed import TRANSCRIBED
from stages.transcripts import __main__ as room
from tests.acoustic.conftest import network, runtime  # noqa: F401
from tests.transcripts.world import Engine


@pytest.fixture
def world(tmp_path, monkeypatch):
    """An empty folder to work in, one process, and an engine that understands what it is told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    monkeypatch.setattr(room, "chosen_engine", lambda _: Engine())
    write_json(TRANSCRIBED, {"splits": ["train", "dev", "test"]})
    return tmp_path
