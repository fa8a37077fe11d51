"""Where no method is named, the best on dev answers, and it is said why."""

from pathlib import Path

import pytest

from stages.common.errors import DataError
from stages.tools.ask.choice import best, candidates
from tests.tools.ask.world import checkout, write_figures

MODELS = Path("models")
NAMES = ("base", "vgcl", "asr", "text")


class Deaf:
    """An engine whose library is not there."""

    def recogniser(self):
        raise DataError("no library is there")


@pytest.fixture
def trained(project, monkeypatch):
    checkout(project, NAMES)
    monkeypatch.setattr("stages.tools.ask.ears.engine_in", lambda *_: Deaf())
    write_figures({"base": 60.0, "vgcl": 50.0, "asr": 80.5, "text": 80.6})
    return project


def names(kind):
    return [one.name for one in candidates(MODELS, kind)]


@pytest.mark.usefixtures("trained")
def test_the_order_is_that_of_dev_among_those_that_take_the_query():
    assert names("speech") == ["asr", "base", "vgcl"]
    assert names("text") == ["text", "asr"]


def test_text_needs_no_recogniser(trained, capsys):
    write_figures({"text": 70.0})
    assert best(trained / "models", "text").name == "asr"
    assert capsys.readouterr().err == (
        "asr answers: of the 2 trained methods that read it is best on dev (mIoU 80.5); "
        "--method chooses another\n"
    )


@pytest.mark.usefixtures("trained")
def test_what_can_not_be_used_is_passed_over_with_a_word(capsys):
    assert best(MODELS, "speech").name == "base"
    assert capsys.readouterr().err.splitlines() == [
        "asr (dev mIoU 80.5) is passed over: no library is there",
        "base answers: of the 2 trained methods left it is best on dev (mIoU 60.0); --method chooses another",
    ]


@pytest.mark.usefixtures("trained")
def test_a_damaged_file_is_passed_over(capsys):
    header, middle = Path("models/vgcl/grounding.safetensors"), Path("models/base/grounding.safetensors")
    header.write_bytes(b"{" * 100)
    content = bytearray(middle.read_bytes())
    content[-1] ^= 1
    middle.write_bytes(content)
    assert names("speech") == ["asr", "base"]
    lines = capsys.readouterr().err
    assert lines.startswith("vgcl is passed over: models/vgcl/grounding.safetensors is no whole")
    assert lines.endswith("run `dvc repro -sf ground@vgcl`\n")
    with pytest.raises(DataError, match="and can be used; what is wrong with each is said above"):
        best(MODELS, "speech")
    assert "base (dev mIoU 60.0) is passed over" in capsys.readouterr().err


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"dev_mIoU": null}', '{"dev_mIoU": NaN}'])
def test_methods_without_a_figure_come_last(content):
    path = Path("metrics/stages/ground-asr.json")
    path.unlink() if content is None else path.write_text(content)
    assert names("speech") == ["base", "vgcl", "asr"]


@pytest.mark.usefixtures("project")
def test_without_figures_it_is_said_that_they_are_missing(capsys):
    assert best(MODELS, "speech").name == "base"
    assert capsys.readouterr().err == ("base answers: there are no other trained methods that take speech\n")
    checkout(Path.cwd(), ("base", "vgcl"))
    best(MODELS, "speech")
    assert capsys.readouterr().err.startswith(
        "base answers: metrics/stages does not say how good the 2 trained methods that take speech are; "
    )
