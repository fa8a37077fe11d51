"""The container installs what the Makefile does, and its build is not sent data, caches or a venv."""

import re

import pytest

from tests.paths import ROOT

DOCKERFILE = (ROOT / ".devcontainer/Dockerfile").read_text()


def patterns(name):
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_container_has_the_makefiles_pytorch():
    (default,) = re.findall(r"^TORCH \?= (\S+)", (ROOT / "Makefile").read_text(), re.M)
    (chosen,) = re.findall(r'^ARG TORCH="(\S+)', DOCKERFILE, re.M)
    assert chosen == default


@pytest.mark.parametrize("ignored", patterns(".gitignore"))
def test_what_git_ignores_stays_out_of_the_build(ignored):
    # A pattern of git without an inner slash holds in every folder, one of docker in the uppermost alone.
    anywhere = ignored if "/" in ignored.rstrip("/") else f"**/{ignored}"
    assert anywhere.strip("/") in patterns(".dockerignore")
