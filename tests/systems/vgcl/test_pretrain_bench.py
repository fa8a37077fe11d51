import re
import subprocess
import sys

import pytest
import torch

from stages.systems.vgcl import pretrain_bench as bench
from stages.systems.vgcl.bench import operations
from tests.paths import ROOT


def test_a_step_changes_every_weight_that_learns_and_is_of_the_papers_size(monkeypatch):
    monkeypatch.chdir(ROOT)
    step = bench.Step(bench.PAPER, "cpc", torch.float32)
    assert step.batch == 32
    assert step.network.longest == 1024  # 256 latents of 4 frames
    before = {name: weight.detach().clone() for name, weight in step.network.named_parameters()}
    # One layer by hand: the second convolution block has 256 steps of 4 · 256 inputs and 256 outputs.
    block, x = step.network.encoder.blocks[1], torch.randn(1, 512, 256, requires_grad=True)
    mask = torch.ones(1, 512, dtype=torch.bool)
    assert operations(lambda: block(x, mask)[0].sum().backward()) == 3 * 2 * 256 * 4 * 256 * 256
    step.network.zero_grad()
    step()
    assert all(not torch.equal(before[name], weight) for name, weight in step.network.named_parameters())


def test_the_demo_size_is_measured(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(bench, "KINDS", {"aligned": bench.KINDS["aligned"]})
    bench.measure(bench.OWN, 1, ["fp32"])
    assert re.search(r"about \d+ s\n  aligned  fp32 \d+\.\d+ s, \d+ GFLOP", capsys.readouterr().out)


@pytest.mark.parametrize("words", [["huge"]])
def test_an_unknown_size_is_named(words):
    command = [sys.executable, "-m", "stages.systems.vgcl.pretrain_bench", *words]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 2
    assert "there is no size 'huge'; the sizes are paper, params" in run.stderr
