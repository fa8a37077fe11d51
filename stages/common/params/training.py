"""The keys of params.yaml that say how networks are trained, and on what."""

from typing import Annotated, Literal

from pydantic import Field

from stages.common.params.base import Count, Section, Whole

Select = Literal["last", "loss", "mIoU"]


class Optimisation(Section):
    """The settings of the optimiser, and how long training takes."""

    epochs: Count
    batch: Count
    lr: Annotated[float, Field(gt=0)]
    warmup: Annotated[Whole, Field(ge=0)]
    schedule: Literal["cosine", "inverse-sqrt", "constant"]
    weight_decay: Annotated[float, Field(ge=0)]
    clip: Annotated[float, Field(gt=0)]
    patience: Count


class Training(Optimisation):
    """How a network of queries about videos is trained."""

    batch_by: Literal["none", "video", "speaker"]


class Grounding(Training):
    """How a grounding network is trained, and which epoch of it is kept."""

    select: Select


class Machine(Section):
    """The hardware for training and inference."""

    precision: Literal["auto", "fp32", "bf16"]
    device: Annotated[str, Field(pattern="^(auto|cpu|cuda(:[0-9]+)?)$")]
    processes: Count
    threads: Count
    checkpoint_seconds: Annotated[float, Field(gt=0)]
