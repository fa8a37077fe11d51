"""The training loop: every stage and every method goes through it."""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn
from tqdm import tqdm

from stages.common.errors import UserError
from stages.common.params.training import Machine, Optimisation
from stages.common.seeding import generator
from stages.common.space import require_space
from stages.networks.distributed import in_group
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

    def validate(self, model: M) -> "Validation":
        """How good the model is."""

    def name_of(self, rows: Int[np.ndarray, " batch"]) -> str:
        """The rows as the user knows them."""


@dataclass(frozen=True)
class Validation:
    """Figures on dev, and the one to raise; without it the last epoch is kept."""

    score: float | None
    figures: dict[str, float]


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
    model: N, task: Task[N], params: Optimisation, machine: Machine, seed: int, folder: Path, ranks: Ranks,
    stop_after: int | None = None,
) -> Trained:  # fmt: skip
    """Train until the epochs are done, dev has not improved for `patience` of them, or `stop_after` steps.

    Killed at any step and started again, the run ends with the same bytes: weights, optimiser and place
    are in the checkpoint, the order of batches and the random numbers follow from the seed.
    """
    run = Run(model, task, params, machine, seed, folder, ranks)
    state = run.state
    total_steps = sum(len(run.batches(epoch)) for epoch in range(params.epochs))
    end = total_steps if stop_after is None else stop_after
    with run.progress_bar(end) as bar:
        while state.epoch < params.epochs and state.step < end and run.is_patient():
            batches = run.batches(state.epoch)
            while state.batch < len(batches) and state.step < end:
                losses = run.update(
                    batches[state.batch], params.lr * lr_share(state.step, total_steps, params)
                )
                for name, value in losses.items():
                    state.sums[name] = state.sums.get(name, 0.0) + value
                state.step, state.batch = state.step + 1, state.batch + 1
                bar.update()
                run.save_now_and_then()
            validation = run.validate()
            means = {name: total / state.batch for name, total in state.sums.items()}
            state.curve.append({"epoch": state.epoch, **means, **validation.figures})
            run.keep_if_best(validation.score)
            bar.set_postfix_str(f"dev {validation.score or 0:.2f}, best {state.best_score:.2f}")
            state.epoch, state.batch, state.sums = state.epoch + 1, 0, {}
            run.save()
    return Trained(run.best, state)


def lr_share(step: int, total: int, params: Optimisation) -> float:
    """The share of the learning rate at a step: a linear warm-up to 1, then what the schedule says."""
    rise = min(1.0, (step + 1) / max(1, params.warmup))
    match params.schedule:
        case "cosine":
            return rise if step < params.warmup else _cosine(step - params.warmup, total - params.warmup)
        case "inverse-sqrt":
            return rise if step < params.warmup else math.sqrt(max(1, params.warmup) / (step + 1))
        case _:
            return rise


def _cosine(step: int, total: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * step / total))


class Run(Generic[N]):
    """A training under way: weights, optimiser, place, and the best weights so far."""

    def __init__(
        self, model: N, task: Task[N], params: Optimisation, machine: Machine, seed: int, folder: Path,
        ranks: Ranks,
    ) -> None:  # fmt: skip
        self.model, self.task, self.params, self.machine = model, task, params, machine
        self.seed, self.folder, self.ranks = seed, folder, ranks
        groups = model.parameter_groups()
        self.optimizer = torch.optim.AdamW(groups, params.lr, weight_decay=params.weight_decay, fused=True)
        self.state, self.best = Progress(), dict[str, Tensor]()
        if ranks.is_first:
            require_space(folder, _STATES * 4 * _bytes_of(model), "keeping the checkpoints")
        self._resume()
        self.started, self.saved = time.monotonic() - self.state.seconds, time.monotonic()

    def batches(self, epoch: int) -> list[Int[np.ndarray, " batch"]]:
        """The rows of each step of an epoch."""
        return batches_of(self.task.lengths, self.task.groups, self.params.batch, self.seed, epoch)

    def progress_bar(self, end: int) -> tqdm:
        """Shown by the first process alone, on a terminal."""
        quiet = None if self.ranks.is_first else True
        return tqdm(total=end, initial=self.state.step, unit="step", disable=quiet, smoothing=0.05)

    def is_patient(self) -> bool:
        """Whether dev has improved lately."""
        return self.state.epoch - self.state.best_epoch <= self.params.patience

    def update(self, rows: Int[np.ndarray, " batch"], lr: float) -> dict[str, float]:
        """One step of the optimiser; returns the losses over the whole batch."""
        ranks, step = self.ranks, self.state.step
        # Dropout follows from the step, so a resumed run draws what the uninterrupted one drew.
        torch.manual_seed(int(generator(self.seed, "step", step, ranks.rank).integers(2**62)))
        self.model.train()
        with autocast(ranks.device, self.machine.precision):
            terms = self.task.loss(self.model, ranks.share(rows), step)
        weight = ranks.weight(rows)
        self.optimizer.zero_grad(set_to_none=True)
        (terms["total"] * weight).backward()
        ranks.sum_gradients(self.model)
        values = ranks.sum(torch.stack([term.detach().float() * weight for term in terms.values()])).tolist()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.params.clip)
        losses = dict(zip(terms, values, strict=True))
        # Before the update: the weights in memory and in the checkpoint are still good.
        if not (math.isfinite(losses["total"]) and math.isfinite(float(norm))):
            raise UserError(
                f"step {step} (epoch {self.state.epoch}): loss {losses['total']}, gradient norm "
                f"{float(norm)}; queries {self.task.name_of(rows)}; look at their features and speech, or "
                "lower the learning rate"
            )
        for group in self.optimizer.param_groups:
            group["lr"] = lr * group["share"]
        self.optimizer.step()
        return losses

    @torch.no_grad()
    def validate(self) -> Validation:
        """Validate the weights as they are."""
        self.model.eval()
        # All processes do the same here: there is nothing to share.
        with in_group(None):
            return self.task.validate(self.model)

    def keep_if_best(self, score: float | None) -> None:
        """Keep the weights of the best epoch; without a score, of the last one."""
        state = self.state
        if score is None or score > state.best_score:
            state.best_score = state.best_score if score is None else score
            state.best_epoch = state.epoch
            self.best = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}

    def save_now_and_then(self) -> None:
        """Write a checkpoint within an epoch, where the last one is old."""
        if time.monotonic() - self.saved > self.machine.checkpoint_seconds:
            self.save()

    def save(self) -> None:
        """Write a checkpoint."""
        self.state.seconds = time.monotonic() - self.started
        # No sum over the processes in here: their clocks don't tick together, so only one may save now.
        if self.ranks.is_first:
            tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
            tensors |= {f"best.{name}": tensor for name, tensor in self.best.items()}
            flat = checkpoints.optimizer_tensors(self.optimizer)
            tensors |= {f"optimizer.{name}": tensor for name, tensor in flat.items()}
            checkpoints.save_state(self.folder, tensors, vars(self.state))
        self.saved = time.monotonic()

    def _resume(self) -> None:
        found = checkpoints.load_state(self.folder)
        if found is None:
            return
        path, tensors, facts = found
        self.model.load_state_dict(checkpoints.below(tensors, "model."))
        checkpoints.restore_optimizer(self.optimizer, checkpoints.below(tensors, "optimizer."))
        self.state, self.best = Progress(**facts), checkpoints.below(tensors, "best.")
        print(f"resumed from {path}: epoch {self.state.epoch}, step {self.state.step}")


def _bytes_of(model: nn.Module) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())
