import re
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from stages.common.params.networks import BaseNetwork
from stages.systems.vgcl import bench
from tests.networks.conftest import BASE, SPEECH
from tests.paths import ROOT


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_parts_of_a_step_are_printed_and_their_operations_are_the_steps(precision, capsys):
    tiny = bench.Size(
        "tiny", BaseNetwork.model_validate(BASE), SPEECH, batch=2, mels=32, features=6, frames=4
    )
    bench.measure(tiny, precision, repeats=1, width=64)
    printed = capsys.readouterr().out
    work = dict(re.findall(r"^    (.{20}).*?([\d.]+) GFLOP", printed, re.MULTILINE))
    assert {name.strip() for name in work} == {"step", *bench.PARTS}
    step = bench.Step(tiny, precision)
    whole = bench.operations(step.whole)
    assert whole == sum(bench.operations(part) for part in step.parts().values())
    assert "one query" in printed


def test_the_operations_of_the_papers_size_are_what_its_layers_say():
    # One layer counted by hand: the second convolution block, forward, input and weight gradients.
    paper = replace(bench.size_of("wide"), batch=1)
    step = bench.Step(paper, torch.float32)
    block = step.model.query.first.blocks[1]
    x, mask = torch.randn(1, 512, 1024, requires_grad=True), torch.ones(1, 512, dtype=torch.bool)
    found = bench.operations(lambda: block(x, mask)[0].sum().backward())
    assert found == 3 * 2 * 256 * 4 * 1024 * 1024


def test_an_unknown_size_is_named():
    command = [sys.executable, "-m", "stages.systems.vgcl.bench", "huge"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 2
    assert "there is no size 'huge'; the sizes are paper, wide, lean, params" in run.stderr


@pytest.mark.parametrize("fast", [True, False])
def test_what_the_machine_does_slowly_is_left_out_and_named(fast, monkeypatch, capsys):
    monkeypatch.setattr(bench, "bf16_is_fast", lambda _: fast)
    assert bench.precisions(None) == (["bf16", "fp32"] if fast else ["fp32"])
    assert ("no AVX512-BF16" in capsys.readouterr().out) == (not fast)
    assert bench.precisions("bf16") == ["bf16"]
    assert capsys.readouterr().out == ""


def test_the_time_is_said_beforehand(capsys):
    bench.announce(lambda: time.sleep(0.02), 100)
    seconds = int(re.fullmatch(r"  about (\d+) s\n", capsys.readouterr().out)[1])
    assert 2 <= seconds < 20
