"""What a pretraining step costs: `python -m stages.systems.vgcl.pretrain_bench [paper | params]`.

Seconds of CPU, as in stages/systems/vgcl/bench.py, in the precisions that are fast here;
utterances and videos without padding.
"""

import argparse
from collections.abc import Sequence
from statistics import median

import torch
from torch import nn

from stages.networks.memory import keep_memory
from stages.systems.vgcl.bench import (
    DTYPES,
    OWN,
    REPEATS,
    announce,
    inputs,
    operations,
    params_of,
    precisions,
    seconds,
    size_of,
)
from stages.systems.vgcl.kinds import ALIGNED, CPC, VGCL, VQCPC
from stages.systems.vgcl.pretraining import Batch

PAPER = "paper"
KINDS = {"cpc": CPC, "vqcpc": VQCPC, "vgcl": VGCL, "aligned": ALIGNED}


class Step:
    """One update of one kind of pretraining."""

    def __init__(self, size_name: str, kind: str, precision: torch.dtype) -> None:
        params, size = params_of(size_name), size_of(size_name)
        self.batch, self.precision = params.pretrain.batch, precision
        torch.manual_seed(0)
        self.network = KINDS[kind].fresh_network(params, size.bands, size.features)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), 1e-3, fused=True)
        numbers = torch.arange(self.batch)[:, None].expand(self.batch, 2)
        window = torch.tensor([[0.2, 0.6]]).expand(self.batch, 2)
        self.pretraining_batch = Batch(inputs(size, self.batch), numbers, torch.zeros(self.batch), window)

    def __call__(self) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == torch.bfloat16):
            total = self.network.loss(self.pretraining_batch)["total"]
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.optimizer.zero_grad()


def measure(size_name: str, repeats: int, chosen: Sequence[str]) -> None:
    """Print a line per kind."""
    size = size_of(size_name)
    print(f"{size_name}: batch {params_of(size_name).pretrain.batch}, {size.mels} mel frames, one thread")
    # Besides the repeats each has two steps to warm up, and a kind has one to count operations.
    rounds = len(KINDS) * ((repeats + 2) * len(chosen) + 1)
    announce(Step(size_name, next(iter(KINDS)), DTYPES[chosen[-1]]), rounds)
    for kind in KINDS:
        texts = []
        for precision in chosen:
            step = Step(size_name, kind, DTYPES[precision])
            for _ in range(2):
                step()
            taken = median(seconds(step) for _ in range(repeats))
            texts.append(f"{precision} {taken:.3f} s")
        print(f"  {kind:<8} {', '.join(texts)}, {operations(step) / 1e9:.0f} GFLOP", flush=True)


def main() -> None:
    """Measure the paper's size and that of params.yaml."""
    parser = argparse.ArgumentParser(prog="python -m stages.systems.vgcl.pretrain_bench", description=__doc__)
    parser.add_argument("sizes", nargs="*", default=[PAPER, OWN], metavar="size", help=f"{PAPER}, {OWN}")
    parser.add_argument(
        "--repeats", type=int, default=REPEATS, help=f"the median of so many (default {REPEATS})"
    )
    parser.add_argument("--precision", choices=list(DTYPES), help="(those that are fast here)")
    options = parser.parse_args()
    for name in options.sizes:
        if name not in (PAPER, OWN):
            parser.error(f"there is no size {name!r}; the sizes are {PAPER}, {OWN}")
    torch.set_num_threads(1)
    keep_memory()
    chosen = precisions(options.precision)
    for name in options.sizes:
        measure(name, options.repeats, chosen)


if __name__ == "__main__":
    main()
