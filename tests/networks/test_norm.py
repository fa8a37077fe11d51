import subprocess
import sys
import textwrap
from pathlib import Path

import torch
from torch import nn

from stages.networks.norm import FrameNorm
from tests.networks.conftest import prefix
from tests.paths import ROOT


def twins() -> tuple[FrameNorm, nn.BatchNorm1d]:
    torch.manual_seed(0)
    ours, theirs = FrameNorm(4), nn.BatchNorm1d(4)
    for weight in (ours.weight, ours.bias):
        nn.init.normal_(weight)
    theirs.weight.data.copy_(ours.weight.data)
    theirs.bias.data.copy_(ours.bias.data)
    return ours, theirs


def test_it_is_batch_norm_of_the_real_frames_and_zero_elsewhere():
    ours, theirs = twins()
    for mask in (prefix([7, 5, 2]), prefix([7, 7, 7])):
        x, direction = torch.randn(3, 7, 4, requires_grad=True), torch.randn(3, 7, 4)
        found, wanted = ours(x, mask), theirs(x[mask])
        torch.testing.assert_close(found[mask], wanted)
        assert not found[~mask].any()
        found_grads = torch.autograd.grad(found, [x, ours.weight, ours.bias], direction)
        wanted_grads = torch.autograd.grad(wanted, [x, theirs.weight, theirs.bias], direction[mask])
        for one, other in zip(found_grads, wanted_grads, strict=True):
            torch.testing.assert_close(one, other)
    torch.testing.assert_close(ours.mean, theirs.running_mean)
    torch.testing.assert_close(ours.variance, theirs.running_var)
    ours.eval(), theirs.eval()
    torch.testing.assert_close(ours(x, mask)[mask], theirs(x[mask]))


def test_a_batch_of_padding_leaves_finite_statistics():
    ours, _ = twins()
    x = torch.randn(2, 3, 4, requires_grad=True)
    ours(x, torch.zeros(2, 3, dtype=torch.bool)).sum().backward()
    assert not x.grad.any()
    assert torch.isfinite(ours.mean).all()
    assert torch.isfinite(ours.variance).all()


PROCESS = """
    import sys, torch, torch.distributed as dist
    from stages.networks.norm import FrameNorm
    from stages.networks.distributed import ProcessGroup, in_group
    rank, folder = int(sys.argv[1]), sys.argv[2]
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    given = torch.load(f"{folder}/given.pt")
    rows = slice(0, 1) if rank == 0 else slice(1, 3)
    norm = FrameNorm(4)
    x = given["x"][rows].clone().requires_grad_()
    with in_group(ProcessGroup(dist.all_reduce, rank, 2)):
        y = norm(x, given["mask"][rows])
        y.backward(given["direction"][rows])
    dist.all_reduce(norm.weight.grad)
    torch.save({"y": y.detach(), "d_x": x.grad, "d_weight": norm.weight.grad, "mean": norm.mean,
                "variance": norm.variance}, f"{folder}/{rank}.pt")
"""


def test_two_processes_normalise_as_one_does(tmp_path: Path):
    torch.manual_seed(0)
    x, mask, direction = torch.randn(3, 6, 4), prefix([6, 4, 1]), torch.randn(3, 6, 4)
    torch.save({"x": x, "mask": mask, "direction": direction}, tmp_path / "given.pt")
    command = [sys.executable, "-c", textwrap.dedent(PROCESS)]
    processes = [subprocess.Popen([*command, str(rank), str(tmp_path)], cwd=ROOT) for rank in (0, 1)]
    assert [process.wait(60) for process in processes] == [0, 0]

    norm, x = FrameNorm(4), x.requires_grad_()
    y = norm(x, mask)
    y.backward(direction)
    parts = [torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1)]
    torch.testing.assert_close(torch.cat([part["y"] for part in parts]), y)
    torch.testing.assert_close(torch.cat([part["d_x"] for part in parts]), x.grad)
    for part in parts:
        torch.testing.assert_close(part["d_weight"], norm.weight.grad)
        torch.testing.assert_close(part["mean"], norm.mean)
        torch.testing.assert_close(part["variance"], norm.variance)
