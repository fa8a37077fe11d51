import pytest


@pytest.fixture
def world(tmp_path, monkeypatch):
    """An empty folder to work in, one process, a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVG_WORKERS", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path
