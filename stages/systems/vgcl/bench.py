"""What a training step of the base network costs, part by part: `python -m stages.systems.vgcl.bench`.

Times are seconds of CPU, so that other programs on the machine count little. The share of the peak is
against a product of two 2048 × 2048 matrices on the same core, measured in between.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from stages.common.params import Params
from stages.common.params.load import PAPER, parse_params, read_choices
from stages.common.params.networks import BaseNetwork, SpeechEncoder
from stages.networks.audio import AudioEncoder, FirstEncoder
from stages.networks.interface import Inputs
from stages.networks.memory import keep_memory
from stages.systems.vgcl.base import Base
from stages.systems.vgcl.objective import BoundaryAndInside
from stages.training.precision import bf16_is_fast


@dataclass(frozen=True)
class Size:
    """How large a step is."""

    note: str
    base: BaseNetwork
    speech: SpeechEncoder
    batch: int
    mels: int
    features: int
    frames: int = 64
    bands: int = 128


# What is measured: params.yaml with these changes, and batches of the reference's 32 queries.
NARROW = {"networks.base.hidden": 512, "networks.base.chunks": 4, "networks.base.similarity": "dot"}
SIZES: dict[str, tuple[str, dict[str, Any]]] = {
    "paper": ("the paper's choices: python -m stages.common.params paper", {}),
    "wide": ("the same, its audio encoder as wide as the rest", {"networks.speech.width": 1024}),
    "lean": ("the same, half as wide, 4 chunks, dot products for similarity", NARROW),
}
OWN = "params"
USUAL = ("paper", "lean", OWN)
REPEATS = 3
DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


def precisions(wanted: str | None) -> list[str]:
    """The one that is wanted, or those that this machine multiplies fast, which is said where it is one."""
    if wanted is not None:
        return [wanted]
    if bf16_is_fast(torch.device("cpu")):
        return list(DTYPES)
    print("fp32 alone: this CPU has no AVX512-BF16, so bf16 is slow here; --precision bf16 forces it")
    return ["fp32"]


def announce(step: Callable[[], object], steps: float) -> None:
    """Say how long `steps` such steps take, from one of them: its first, which also warms up."""
    start = time.perf_counter()
    step()
    print(f"  about {(time.perf_counter() - start) * steps:.0f} s", flush=True)


def params_of(name: str) -> Params:
    """The settings of a size; `params` is what params.yaml says."""
    content = OmegaConf.load("params.yaml")
    if name != OWN:
        batches = {"ground.batch": 32, "pretrain.batch": 32}
        for key, value in {**read_choices(PAPER), **batches, **SIZES[name][1]}.items():
            OmegaConf.update(content, key, value, force_add=False)
    return parse_params(OmegaConf.to_container(content), name)


def size_of(name: str) -> Size:
    """A size by its name."""
    # The features of C3D, and of the demo's descriptor.
    note, features = ("params.yaml", 413) if name == OWN else (SIZES[name][0], 500)
    params = params_of(name)
    own, speech, batch = params.networks.base, params.networks.speech, params.ground.batch
    return Size(
        note, own, speech, batch, params.audio.frames, features, params.video.frames, params.mels.bands
    )


# The modules of each part; what is left of a step is masks, losses, and copies between parts.
PARTS = {
    "audio convolutions": ["query.first.blocks.0", "query.first.blocks.1"],
    "audio GRU": ["query.first.gru"],
    "residual blocks": ["query.residual.0", "query.residual.1"],
    "video": ["video"],
    "self-attention": ["self_attention"],
    "query attention": ["attention"],
    "heads": ["heads"],
}


def network(size: Size) -> Base:
    """The base network of a size, from a fixed seed."""
    torch.manual_seed(0)
    first = FirstEncoder(size.bands, size.speech)
    query = AudioEncoder(first, size.base.hidden, size.speech, size.base.dropout)
    return Base(size.base, size.features, query)


def inputs(size: Size, batch: int) -> Inputs:
    """Random queries and videos without padding: the dearest batch."""
    return Inputs(
        video=torch.randn(batch, size.frames, size.features),
        video_mask=torch.ones(batch, size.frames, dtype=torch.bool),
        query=torch.randn(batch, size.mels, size.bands),
        query_mask=torch.ones(batch, size.mels, dtype=torch.bool),
    )


def seconds(work: Callable[[], object]) -> float:
    """The CPU time of one call."""
    before = time.process_time()
    work()
    return time.process_time() - before


def operations(work: Callable[[], object]) -> float:
    """The floating-point operations of one call, of its matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


class Step:
    """A training step and its parts, each to be called again and again."""

    def __init__(self, size: Size, precision: torch.dtype) -> None:
        self.model, self.batch, self.precision = network(size), inputs(size, size.batch), precision
        self.objective = BoundaryAndInside(size.base)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), 1e-3, fused=True)
        self.start, self.end = torch.full((size.batch,), 0.2), torch.full((size.batch,), 0.6)

    def autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.precision == torch.bfloat16)

    def whole(self) -> None:
        with self.autocast():
            terms = self.objective(self.model(self.batch), self.start, self.end)
        terms["total"].backward()
        self.update()

    def update(self) -> None:
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def parts(self) -> dict[str, Callable[[], None]]:
        """Each part by itself, forward and backward, on what it is given within a step."""
        given: dict[str, tuple] = {}
        hooks = []
        parts = {part: self.modules_of(names) for part, names in PARTS.items()}
        for name in chain(*parts.values()):

            def keep(_: nn.Module, arguments: tuple, name: str = name) -> None:
                given[name] = tuple(_leaf(x, name) for x in arguments)

            hooks.append(self.model.get_submodule(name).register_forward_pre_hook(keep))
        with self.autocast():
            self.model(self.batch)
        for hook in hooks:
            hook.remove()

        def run(names: list[str]) -> None:
            for name in names:
                with self.autocast():
                    out = self.model.get_submodule(name)(*given[name])
                outputs = out if isinstance(out, (tuple, list)) else [out]
                floats = [x for x in outputs if x.is_floating_point()]
                torch.autograd.backward(floats, [torch.ones_like(x) for x in floats])

        return {part: lambda names=names: run(names) for part, names in parts.items()}  # type: ignore[misc]

    def modules_of(self, names: list[str]) -> list[str]:
        """The names, those of a list of layers replaced by each of its layers."""
        lists = {name: self.model.get_submodule(name) for name in names}
        return [
            f"{name}.{number}" if isinstance(module, nn.ModuleList) else name
            for name, module in lists.items()
            for number in range(len(module) if isinstance(module, nn.ModuleList) else 1)
        ]


def _leaf(x: Tensor | None, name: str) -> Tensor | None:
    if x is None:
        return None
    # Nobody asks for the gradient of the mels and of the video.
    wanted = x.is_floating_point() and name not in ("query.first.blocks.0", "video")
    return x.detach().requires_grad_(wanted)


def measure(size: Size, precision: torch.dtype, repeats: int, width: int = 2048) -> None:
    """Print one size in one precision; `width` is that of the matrices that give the core's peak."""
    keep_memory()
    step = Step(size, precision)
    # Each repeat is a step and its parts, which are as much again; counting operations takes two more.
    announce(step.whole, 3 + 2 * repeats)
    step.whole()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    parts = {**step.parts(), "optimiser": step.update}
    square = torch.randn(width, width).to(precision)
    times: dict[str, list[float]] = {name: [] for name in ("peak", "step", *parts)}
    for _ in range(repeats):
        times["peak"].append(seconds(lambda: square @ square))
        times["step"].append(seconds(step.whole))
        for name, part in parts.items():
            times[name].append(seconds(part))
    best = {name: median(values) for name, values in times.items()}
    peak = 2 * width**3 / best["peak"]
    work = {"step": operations(step.whole), **{name: operations(part) for name, part in parts.items()}}
    best["the rest"] = best["step"] - sum(best[name] for name in parts)
    print(
        f"  {str(precision).removeprefix('torch.')}: peak {peak / 1e9:.0f} GFLOP/s, memory {memory:.2f} GiB"
    )
    for name in ("step", *parts, "the rest"):
        line = f"    {name:<20}{best[name] * 1e3:>9.1f} ms{100 * best[name] / best['step']:>6.0f} %"
        if work.get(name):
            share = 100 * work[name] / best[name] / peak
            line += f"{work[name] / 1e9:>9.1f} GFLOP{share:>6.0f} % of the peak"
        print(line)
    print(f"    {answer(step, size, repeats)}", flush=True)


def answer(step: Step, size: Size, repeats: int) -> str:
    """How long one query waits for its scores."""
    model, one = step.model.eval(), inputs(size, 1)
    with torch.inference_mode(), step.autocast():
        model(one)
        taken = sorted(seconds(lambda: model(one).distributions()) for _ in range(max(20, repeats)))
    middle, slow = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
    return f"one query            {middle * 1e3:.1f} ms (p50), {slow * 1e3:.1f} ms (p95)"


def main() -> None:
    """Measure each size and precision in a process of its own, for the memory's sake."""
    parser = argparse.ArgumentParser(prog="python -m stages.systems.vgcl.bench", description=__doc__)
    known = [*SIZES, OWN]
    usual = f"{', '.join(known)} ({' '.join(USUAL)})"
    parser.add_argument("sizes", nargs="*", default=USUAL, metavar="size", help=usual)
    parser.add_argument(
        "--repeats", type=int, default=REPEATS, help=f"the median of so many (default {REPEATS})"
    )
    parser.add_argument("--precision", choices=list(DTYPES), help="(those that are fast here)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=list(DTYPES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in options.sizes:
        if name not in known:
            parser.error(f"there is no size {name!r}; the sizes are {', '.join(known)}")
    if options.only:
        torch.set_num_threads(options.threads)
        measure(size_of(options.sizes[0]), DTYPES[options.only], options.repeats)
        return
    chosen = precisions(options.precision)
    for name in options.sizes:
        size = size_of(name)
        weights = sum(weight.numel() for weight in network(size).parameters()) / 1e6
        print(
            f"{name}: {size.note}; {weights:.1f} M weights, batch {size.batch}, {size.mels} mel frames, "
            f"{size.frames} video frames, {options.threads} thread",
            flush=True,
        )
        for precision in chosen:
            command = [sys.executable, "-m", "stages.systems.vgcl.bench", name, "--only", precision]
            command += ["--repeats", str(options.repeats), "--threads", str(options.threads)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
