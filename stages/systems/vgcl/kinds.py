"""The kinds of pretraining in VGCL's folder: `cpc`, `vqcpc`, `vgcl`, and our own `foretell` and `aligned`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from stages.common.params import Params
from stages.networks.distributed import in_group
from stages.systems.vgcl.aligned import Aligned
from stages.systems.vgcl.clean_speech import SPEECH, clean_speech
from stages.systems.vgcl.foretell import Foretell
from stages.systems.vgcl.guide_lift import guide_lift
from stages.systems.vgcl.pretraining import Cpc, Pretrainer, Vgcl, VqCpc
from stages.systems.vgcl.schedule import schedule
from stages.systems.vgcl.task import Clean, Growing, Moment, NoPart, PretrainingTask, Shown, budget_of
from stages.systems.vgcl.video_gap import video_gap
from stages.training.model import Model
from stages.training.probes import probe
from stages.training.queries import FEATURES, QUERIES, QueryData, read_splits
from stages.training.query_steps import MELS
from stages.training.truth import read_truth


@dataclass(frozen=True)
class Contrastive:
    """A kind that learns from the queries' speech; CPC and VQ-CPC as they stand here see no video.

    Fits stages/training/pretraining.py: Kind.
    """

    network: type[Cpc] | type[VqCpc]

    def inputs(self) -> list[Path]:
        return [QUERIES, MELS / "manifest.json", FEATURES / "manifest.json"]

    def facts(self, params: Params) -> dict[str, Any]:
        return {
            "speech": params.networks.speech.model_dump(mode="json"),
            "mels": params.mels.model_dump(),
        }

    def prepare(self, params: Params, name: str, device: torch.device) -> "Run":
        parts = read_splits(params, name, "train", "dev")
        task = PretrainingTask(
            parts["train"], parts["dev"], params, device, self.shown(params, parts["train"])
        )
        return Run(self, task, self.fresh_model(params, task.train).to(device))

    def fresh_model(self, params: Params, train: QueryData) -> Model:
        """A network that has learned nothing yet, behind the scaling of the training videos."""
        torch.manual_seed(params.training_seed)
        video_features, bands = train.dims
        model = Model(self.fresh_network(params, bands, video_features), video_features, None)
        model.fit_scaling(train.videos)
        return model

    def fresh_network(self, params: Params, bands: int, video_features: int) -> Pretrainer:  # noqa: ARG002
        """For spectrograms of `bands` and videos of `video_features`."""
        return self.network(bands, params.networks.speech, params.pretrain)

    def shown(self, params: Params, train: QueryData) -> Shown:  # noqa: ARG002
        """The window on the video that a batch shows."""
        return NoPart()

    def probes(self, model: Model, task: PretrainingTask) -> dict[str, float]:  # noqa: ARG002
        """Figures that no other kind has."""
        return {}


@dataclass(frozen=True)
class Guided(Contrastive):
    """VGCL: speech looks at a window of the video, which grows from the moment to all of it."""

    network: Any = Vgcl

    def facts(self, params: Params) -> dict[str, Any]:
        return {**super().facts(params), "guide": params.networks.guide.model_dump()}

    def fresh_network(self, params: Params, bands: int, video_features: int) -> Vgcl:
        networks = params.networks
        return Vgcl(bands, networks.speech, video_features, params.pretrain, networks.guide)

    def shown(self, params: Params, train: QueryData) -> Growing:
        return Growing(params.curriculum, budget_of(train, params), read_truth("train"))

    def probes(self, model: Model, task: PretrainingTask) -> dict[str, float]:
        batch, precision = task.params.pretrain.batch, task.params.machine.precision
        lift = guide_lift(model, task.dev, read_truth("dev"), batch, precision)
        return {"guide_lift": lift, **video_gap(model, task)}


@dataclass(frozen=True)
class Foretelling(Guided):
    """Ours: from the sounds so far and the video, the rest of the sentence is told."""

    network: Any = Foretell

    def inputs(self) -> list[Path]:
        return [*super().inputs(), SPEECH / "manifest.json"]

    def fresh_network(self, params: Params, bands: int, video_features: int) -> Foretell:
        networks = params.networks
        return Foretell(bands, networks.speech, video_features, params.pretrain, networks.guide)

    def prepare(self, params: Params, name: str, device: torch.device) -> "Run":
        run = super().prepare(params, name, device)
        if not params.pretrain.foretell.clean:
            return run
        clean = Clean(*(clean_speech(data.table, params.mels) for data in (run.task.train, run.task.dev)))
        return replace(run, task=replace(run.task, clean=clean))


@dataclass(frozen=True)
class Matching(Contrastive):
    """Ours: an utterance is matched with its moment, among other moments."""

    network: Any = Aligned

    def fresh_network(self, params: Params, bands: int, video_features: int) -> Aligned:
        return Aligned(bands, params.networks.speech, video_features, params.pretrain)

    def shown(self, params: Params, train: QueryData) -> Moment:  # noqa: ARG002
        return Moment(read_truth("train"), read_truth("dev"))


@dataclass(frozen=True)
class Run:
    """One pretraining; fits stages/training/pretraining.py: Pretraining."""

    kind: Contrastive
    task: PretrainingTask
    model: Model

    @property
    def stop_after(self) -> int | None:
        """`curriculum.stop` breaks the curriculum off."""
        stop, shown = self.task.params.curriculum.stop, self.task.shown
        return sum(shown.budget[: stop + 1]) if stop is not None and isinstance(shown, Growing) else None

    def learned(self) -> dict[str, float]:
        """What probes read off the encoder, and off one that has learned nothing."""
        task, params = self.task, self.task.params
        batch, precision = params.pretrain.batch, params.machine.precision
        fresh = self.kind.fresh_model(params, task.train).to(task.device)
        with in_group(None):
            found = probe(self.model, task.train, task.dev, batch, precision)
            floor = probe(fresh, task.train, task.dev, batch, precision)
            found |= self.kind.probes(self.model, task)
        return {**found, **{f"untaught_{key}": value for key, value in floor.items()}}

    def schedule(self) -> pd.DataFrame | None:
        shown = self.task.shown
        return schedule(shown.curriculum, shown.budget, shown.train) if isinstance(shown, Growing) else None


CPC, VQCPC, VGCL = Contrastive(Cpc), Contrastive(VqCpc), Guided()
FORETELL, ALIGNED = Foretelling(), Matching()
