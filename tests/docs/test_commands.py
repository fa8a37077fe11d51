"""The commands and settings that the pages name are there. None is run: tests/e2e/test_docs.py runs some."""

import argparse
import re
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest
import yaml

from stages.common.params.load import known_keys
from stages.common.params.methods import Method
from stages.tools.__main__ import commands as tools
from tests.docs.pages import code_spans, commands, pages, split, text_of
from tests.paths import ROOT

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
METHOD = set(known_keys(Method))
# Of files that have the name of a section.
SUFFIXES = {"json", "parquet", "pbmm", "py", "scorer", "tsv"}
# Shown as what is not there.
WRONG_ON_PURPOSE = {"noise.levle"}


class Parsed(BaseException):
    """Ends a command once its arguments are read; no handler of errors takes it for one."""


class Refused(BaseException):
    """argparse does not take the arguments."""


def parse(words, monkeypatch):
    """Have the command's own argparse read the words; returns the options that it knows."""
    seen = []
    original = argparse.ArgumentParser.parse_args

    def parse_args(parser, *args, **kwargs):
        seen.append(parser)
        original(parser, *args, **kwargs)
        raise Parsed

    def error(_, message):
        raise Refused(message)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_args)
    monkeypatch.setattr(argparse.ArgumentParser, "error", error)
    monkeypatch.setattr(sys, "argv", ["svground", *words[2:]])
    at = tools()[words[1]]
    module = import_module(at if find_spec(at).submodule_search_locations is None else f"{at}.__main__")
    try:
        module.main()
    except Parsed:
        return seen[0]._option_string_actions, None
    except Refused as refused:
        return seen[0]._option_string_actions, str(refused)
    raise AssertionError(f"{words[1]} reads no arguments")


@pytest.mark.parametrize("page", pages())
def test_svground_takes_the_arguments(page, monkeypatch, capsys):
    for command in commands(page):
        if command.words[0] != "svground" or command.words[1:2] in [(), ("COMMAND",)]:
            continue
        assert command.words[1] in tools(), f"{command}: there is no such command, of {sorted(tools())}"
        if "--help" in command.words:
            continue
        with monkeypatch.context() as patch:
            known, refused = parse(command.words, patch)
        if command.whole:
            assert refused is None, f"{command}: {refused}"
        # A sentence names options without the rest.
        own = command.words[: command.words.index("--")] if "--" in command.words else command.words
        for word in own:
            assert not word.startswith("--") or word.split("=")[0] in known, f"{command}: no option {word}"
    capsys.readouterr()


@pytest.mark.parametrize("page", pages())
def test_make_has_the_target(page):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    for command in commands(page):
        if command.words[0] == "make":
            named = [word for word in command.words[1:] if "=" not in word and not word.startswith("-")]
            assert not named or named[0] in targets, f"{command}: no target of {sorted(targets)}"


@pytest.mark.parametrize("page", pages())
def test_python_finds_the_module(page):
    for number, line in enumerate(text_of(page).splitlines(), 1):
        for name in re.findall(r"-m ((?:stages|tests)(?:\.\w+)*)(?![\w.<…])", line):
            spec = find_spec(name)
            assert spec is not None, f"{page}:{number}: there is no module {name}"
            if spec.submodule_search_locations:
                assert find_spec(f"{name}.__main__"), f"{page}:{number}: python -m {name} runs nothing"


def is_setting(key):
    """Whether params.yaml has this key, or may have it for a method."""
    section, _, rest = key.partition(".")
    if section == "methods":
        own = rest.partition(".")[2]
        return not own or own in METHOD
    return key in known_keys() or has(PARAMS, key)


def has(content, key):
    for part in key.split("."):
        if not isinstance(content, dict) or part not in content:
            return False
        content = content[part]
    return True


@pytest.mark.parametrize("page", pages())
def test_overrides_are_settings(page):
    text = re.sub(r"\\\n", " ", text_of(page))
    for given in re.findall(r"-S\s+(?:'([^']+)'|\"([^\"]+)\"|(\S+?)(?=[`\s]))", text):
        key = "".join(given).split("=")[0].lstrip("+~")
        assert is_setting(key), f"{page}: -S {key} is no key of params.yaml"


@pytest.mark.parametrize("page", pages())
def test_settings_in_sentences_are_there(page):
    for line, span in code_spans(page):
        found = re.fullmatch(r"([a-z][\w]*(?:\.[a-z]\w*)+)(?:: .*)?", span)
        if found and found[1].split(".")[0] in PARAMS and found[1] not in WRONG_ON_PURPOSE:
            is_file = found[1].rpartition(".")[2] in SUFFIXES
            assert is_file or is_setting(found[1]), f"{page}:{line}: `{found[1]}` is no key of params.yaml"


def test_a_line_is_split_into_its_commands():
    line = "SVG_WORKERS=4 dvc repro mels && svground report --metric 'R@1' | less   # a table"
    assert split(line) == [("dvc", "repro", "mels"), ("svground", "report", "--metric", "R@1"), ("less",)]
