"""The training loop: every stage and every method goes through it."""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn
from tqdm import tqdm

from stages.common.errors import UserError
from stages.common.params.training import Machine, Pace
from stages.common.seeding import generator
from stages.common.space import require_space
from stages.networks.together import among
from stages.training import checkpoints
from stages.training.batches import batches_of
from stages.training.learner import Learner
from stages.training.precision import autocast
from stages.training.ranks import Ranks

# That are on the disk at once: the last, the one before, and the one being written. Each holds the weights,
# the best ones and two moments of the optimiser.
_STATES = 3

M = TypeVar("M", bound=Learner, contravariant=True)
N = TypeVar("N", bound=Learner)


@runtime_checkable
class Task(Protocol[M]):
    """What is learned: the rows, their loss, and how good the model is on dev."""

    @property
    def lengths(self) -> Int[np.ndarray, " rows"]:
        """How long each row is."""

    @property
    def groups(self) -> Int[np.ndarray, " rows"]:
        """A number per row; rows with the same one share a batch."""

    def loss(self, model: M, rows: Int[np.ndarray, " batch"], step: int) -> dict[str, Tensor]:
        """Named terms and their `total`, each a mean over the rows; draws follow from `step`."""

    def validate(self, model: M) -> dict[str, float]:
        """Figures on dev; `score` is the one to raise."""

    def name_of(self, rows: Int[np.ndarray, " batch"]) -> str:
        """The rows as the user knows them."""


@dataclass
class Progress:
    """How far a run is; stored with each checkpoint."""

    epoch: int = 0
    batch: int = 0  # of the epoch, the next one to do
    step: int = 0
    best_score: float = -math.inf
    best_epoch: int = -1
    seconds: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)  # of the epoch's losses so far
    curve: list[dict[str, float]] = field(default_factory=list)


@dataclass
class Trained:
    """The weights of the best epoch on dev, and how they came about."""

    weights: dict[str, Tensor]
    progress: Progress


def train(
    model: N, task: Task[N], params: Pace, machine: Machine, seed: int, folder: Path, ranks: Ranks,
    stop_after: int | None = None,
) -> Trained:  # fmt: skip
    """Train until the epochs are done, dev has not improved for `patience` of them, or `stop_after` steps.

    Killed at any step and started again, the run ends with the same bytes: weights, optimiser and place
    are in the checkpoint, the order of batches and the random numbers follow from the seed.
    """
    groups = model.parameter_groups()
    optimizer = torch.optim.AdamW(groups, params.lr, weight_decay=params.weight_decay, fused=True)
    state = Progress()
    best: dict[str, Tensor] = {}
    if ranks.is_first:
        require_space(folder, _STATES * 4 * _bytes_of(model), "keeping the checkpoints")
    if (found := checkpoints.load_state(folder)) is not None:
        state, best = _resume(*found, model, optimizer)

    def batches_in(epoch: int) -> list[Int[np.ndarray, " batch"]]:
        return batches_of(task.lengths, task.groups, params.batch, seed, epoch)

    total_steps = sum(len(batches_in(epoch)) for epoch in range(params.epochs))
    end = total_steps if stop_after is None else stop_after
    started, saved = time.monotonic() - state.seconds, time.monotonic()
    bar = tqdm(
        total=end, initial=state.step, unit="step", disable=None if ranks.is_first else True,
        smoothing=0.05,
    )  # fmt: skip
    while (
        state.epoch < params.epochs and state.step < end and state.epoch - state.best_epoch <= params.patience
    ):
        batches = batches_in(state.epoch)
        while state.batch < len(batches) and state.step < end:
            rows = batches[state.batch]
            lr = params.lr * _schedule(state.step, total_steps, params)
            losses = _step(model, task, optimizer, rows, lr, params.clip, machine, seed, ranks, state)
            for name, value in losses.items():
                state.sums[name] = state.sums.get(name, 0.0) + value
            state.step, state.batch = state.step + 1, state.batch + 1
            bar.update()
            if time.monotonic() - saved > machine.checkpoint_seconds:
                state.seconds = time.monotonic() - started
                _save(folder, model, optimizer, state, best, ranks)
                saved = time.monotonic()
        figures = _validate(model, task)
        means = {name: total / state.batch for name, total in state.sums.items()}
        state.curve.append({"epoch": state.epoch, **means, **figures})
        if figures["score"] > state.best_score:
            state.best_score, state.best_epoch = figures["score"], state.epoch
            best = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        bar.set_postfix_str(f"dev {figures['score']:.2f}, best {state.best_score:.2f}")
        state.epoch, state.batch, state.sums = state.epoch + 1, 0, {}
        state.seconds = time.monotonic() - started
        _save(folder, model, optimizer, state, best, ranks)
    bar.close()
    return Trained(best, state)


def _bytes_of(model: nn.Module) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())


def _step(
    model: nn.Module, task: Task, optimizer: torch.optim.Optimizer, rows: Int[np.ndarray, " batch"],
    lr: float, clip: float, machine: Machine, seed: int, ranks: Ranks, state: Progress,
) -> dict[str, float]:  # fmt: skip
    """One update; returns the losses over the whole batch."""
    # Dropout follows from the step, so a resumed run draws what the uninterrupted one drew.
    torch.manual_seed(int(generator(seed, "step", state.step, ranks.rank).integers(2**62)))
    model.train()
    with autocast(ranks.device, machine.precision):
        terms = task.loss(model, ranks.share(rows), state.step)
    weight = ranks.weight(rows)
    optimizer.zero_grad(set_to_none=True)
    (terms["total"] * weight).backward()
    ranks.sum_gradients(model)
    values = ranks.sum(torch.stack([term.detach().float() * weight for term in terms.values()])).tolist()
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
    losses = dict(zip(terms, values, strict=True))
    # Before the update: the weights in memory and in the checkpoint are still good.
    if not (math.isfinite(losses["total"]) and math.isfinite(float(norm))):
        raise UserError(
            f"step {state.step} (epoch {state.epoch}): loss {losses['total']}, gradient norm {float(norm)}; "
            f"queries {task.name_of(rows)}; look at their features and speech, or lower the learning rate"
        )
    for group in optimizer.param_groups:
        group["lr"] = lr * group["share"]
    optimizer.step()
    return losses


def _schedule(step: int, total: int, params: Pace) -> float:
    """The share of the learning rate at a step: a linear warm-up, then a cosine to zero or none."""
    rise = min(1.0, (step + 1) / max(1, params.warmup))
    if params.schedule == "constant":
        return rise
    return rise * 0.5 * (1 + math.cos(math.pi * step / total))


@torch.no_grad()
def _validate(model: N, task: Task[N]) -> dict[str, float]:
    model.eval()
    # All processes do the same here: there is nothing to share.
    with among(None):
        return task.validate(model)


def _save(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, state: Progress,
    best: dict[str, Tensor], ranks: Ranks,
) -> None:  # fmt: skip
    # No sum over the processes in here: their clocks don't tick together, so only one may save now.
    if ranks.is_first:
        tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
        tensors |= {f"optimizer.{n}": t for n, t in checkpoints.optimizer_tensors(optimizer).items()}
        checkpoints.save_state(folder, tensors, vars(state))


def _resume(
    path: Path, tensors: dict[str, Tensor], facts: dict[str, Any], model: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> tuple[Progress, dict[str, Tensor]]:  # fmt: skip
    model.load_state_dict(checkpoints.below(tensors, "model."))
    checkpoints.restore_optimizer(optimizer, checkpoints.below(tensors, "optimizer."))
    state = Progress(**facts)
    print(f"resumed from {path}: epoch {state.epoch}, step {state.step}")
    return state, checkpoints.below(tensors, "best.")
