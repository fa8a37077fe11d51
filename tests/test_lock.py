"""requirements.lock has what pyproject.toml asks for, for both Pythons, and no build of PyTorch."""

import tomllib
from functools import cache

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
CHOSEN_BY_THE_USER = {"torch", "torchaudio"}
LINES = [Requirement(line) for line in [*PROJECT["dependencies"], *EXTRAS["demo"], *EXTRAS["dev"]]]
REQUIRED = [required for required in LINES if required.name not in CHOSEN_BY_THE_USER]


@cache
def locked(python):
    """The pinned versions on Linux, by name."""
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.lock").read_text().splitlines()]
    pins = [Requirement(line) for line in lines if line]
    here = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    pins = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(here)]
    versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    assert len(versions) == len(pins), "a package is pinned twice"
    return versions


@pytest.mark.parametrize("python", ["3.11", "3.12"])
@pytest.mark.parametrize("required", REQUIRED, ids=lambda required: required.name)
def test_each_requirement_is_locked_at_a_version_it_allows(required, python):
    version = locked(python).get(canonicalize_name(required.name))
    assert version is not None, f"requirements.lock lacks {required}; run `make lock`"
    assert version in required.specifier, f"requirements.lock has {version} of {required}; run `make lock`"


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_no_build_of_pytorch_is_locked(python):
    gpu = ("nvidia-", "cuda-", "triton")
    assert not {name for name in locked(python) if name in CHOSEN_BY_THE_USER or name.startswith(gpu)}
