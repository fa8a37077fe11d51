"""The settings that the pages show are valid, put into params.yaml as they stand there."""

import sys
from types import ModuleType

import pytest
import yaml
from omegaconf import OmegaConf
from pydantic import ConfigDict

from stages.common import registry
from stages.common.params.base import Section
from stages.common.params.load import parse_params
from tests.docs.pages import blocks, pages
from tests.paths import ROOT

SHOWN = [block for page in pages() for block in blocks(page, "yaml") if block.kind is None]


class Anything(Section):
    """Stands for the settings of a system that a page only sketches."""

    model_config = ConfigDict(extra="allow")


def system_before(shown):
    """The system that a page has its readers write for this block: the last one above it."""
    for block in reversed(blocks(shown.page, "python")):
        if block.line < shown.line and "\nSYSTEM = " in block.text:
            names = {}
            exec(compile(block.text, str(block), "exec"), names)
            return [names["SYSTEM"]]
    return []


@pytest.mark.parametrize("block", SHOWN, ids=str)
def test_settings_are_valid(block, monkeypatch):
    shown = system_before(block)
    known = [*registry._systems()]
    monkeypatch.setattr(registry, "_systems", lambda: iter([*known, *shown]))
    for at in (at for system in shown for at in system.sections.values()):
        module = ModuleType(at.split(":")[0])
        setattr(module, at.split(":")[1], Anything)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    today = OmegaConf.load(ROOT / "params.yaml")
    content = OmegaConf.to_container(OmegaConf.merge(today, yaml.safe_load(block.text)), resolve=True)
    parse_params(content, str(block))


def test_there_are_some():
    assert SHOWN
