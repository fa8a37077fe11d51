"""The demo's pictures, videos and features have the same bytes whatever the instructions of the CPU."""

import os
import subprocess
import sys

import pytest

from tests.paths import ROOT

PROGRAM = """
import hashlib, sys
from pathlib import Path
from stages.common.seeding import generator
from stages.corpus.demo.render import render
from stages.corpus.demo.sprites import ANGLES, backdrop, sprite
from stages.corpus.demo.vocabulary import SHAPES
from stages.corpus.demo.world import draw_world
from stages.corpus.pixels import describe
from stages.corpus.video_files import pictures

drawn, film = hashlib.sha256(), Path(sys.argv[1]) / "film.mp4"
for shape in SHAPES:
    for angle in range(ANGLES):
        drawn.update(sprite(shape, 15, angle).tobytes())
for scene in ("night", "meadow", "stripes", "tiles", "dots"):
    drawn.update(backdrop(scene, 0, "film").tobytes())
render(draw_world(generator(0, "film"), (30, 40)), 0, "film", film)
features = describe(pictures(film))
print(*(hashlib.sha256(part).hexdigest() for part in (drawn.digest(), film.read_bytes(), features.tobytes())))
"""

# What a CPU without these instructions does. One that lacks them anyway is told nothing new.
NO_512 = "X86_V4,AVX512_ICL,AVX512_SPR"
OLDER = {
    "no AVX-512": {"NPY_DISABLE_CPU_FEATURES": NO_512, "OPENBLAS_CORETYPE": "Haswell"},
    "no AVX2": {"NPY_DISABLE_CPU_FEATURES": f"X86_V3,{NO_512}", "OPENBLAS_CORETYPE": "Nehalem"},
}


def made(folder, **older):
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(folder)]
    found = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **older}, capture_output=True, text=True, check=True
    )
    return dict(zip(("pictures", "video", "features"), found.stdout.split(), strict=True))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return made(tmp_path_factory.mktemp("here"))


@pytest.mark.parametrize("older", OLDER)
def test_the_demo_is_the_same(tmp_path, here, older):
    assert made(tmp_path, **OLDER[older]) == here
