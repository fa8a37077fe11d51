"""The shape of params.yaml: every key, its type and its range. The values live in params.yaml alone."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from stages.common import registry
from stages.common.params.acoustic import Acoustic
from stages.common.params.asr import Asr
from stages.common.params.base import (
    Count,
    DecibelRange,
    Fraction,
    FractionRange,
    Section,
    Whole,
    ordered,
    pair,
)
from stages.common.params.joined import Joining
from stages.common.params.methods import Method, check_overrides
from stages.common.params.networks import Networks
from stages.common.params.pretraining import Curriculum, Pretraining
from stages.common.params.training import Grounding, Machine

Fold = Annotated[Whole, Field(ge=1, le=5)]


C3D_FRAMES = 16
PATHS = ("root", "speech_folder", "features_path", "features_checkpoint", "videos_folder")


class Demo(Section):
    """The demo world."""

    videos: Annotated[Whole, Field(ge=10)]
    seconds: Annotated[
        tuple[Annotated[float, Field(ge=30, le=180)], Annotated[float, Field(ge=30, le=180)]],
        BeforeValidator(pair),
        AfterValidator(ordered),
    ]
    unseen_speakers: Annotated[Whole, Field(ge=0, le=29)]


class Clips(Section):
    """The input of the feature extractors i3d and c3d."""

    frames: Annotated[Whole, Field(ge=16, le=256)]
    stride: Count

    @model_validator(mode="after")
    def _nothing_is_skipped(self) -> "Clips":
        if self.stride > self.frames:
            raise ValueError(
                f"stride: {self.stride} is above frames, {self.frames}; pictures would be skipped"
            )
        return self


class Corpus(Section):
    """Which corpus, and where its files are."""

    name: Literal["demo", "activitynet", "charades", "own", "joined"]
    root: str | None
    speech: Literal["recorded", "tts"]
    voices: Literal["espeak", "hibari", "kokoro"]
    speech_folder: str | None
    features: Literal["pixels", "arrays", "efficientnet", "i3d", "c3d", "clip"]
    features_path: str | None
    features_checkpoint: str | None
    pictures_per_second: Annotated[Whole, Field(ge=1, le=30)]
    clips: Clips
    videos_folder: str | None
    test_annotations: Literal["val_2", "val_1"]
    test_fraction: Annotated[float, Field(gt=0, lt=0.5)]
    dev_fraction: Annotated[float, Field(gt=0, lt=0.5)]
    strict: bool
    demo: Demo
    joined: Joining

    @model_validator(mode="after")
    def _places_are_certain(self) -> "Corpus":
        for key in PATHS:
            path = getattr(self, key)
            if path is not None and not path.startswith("/"):
                raise ValueError(
                    f"{key}: {path!r} must be an absolute path "
                    "(queued experiments run in a folder of their own)"
                )
        if self.features in ("c3d", "clip") and self.features_checkpoint is None:
            raise ValueError(
                f"features_checkpoint: null, but no package carries {self.features}'s weights; name a file"
            )
        if self.features == "c3d" and self.clips.frames != C3D_FRAMES:
            raise ValueError(
                f"clips.frames: {self.clips.frames}, but c3d is made for clips of {C3D_FRAMES} pictures"
            )
        if self.name != "demo" and self.root is None:
            raise ValueError(f"root: null, but corpus {self.name} is read from a folder; set it")
        return self

    @property
    def makes_videos(self) -> bool:
        """Whether its videos are made here. Then all their events are known."""
        return self.name in ("demo", "joined")

    @model_validator(mode="after")
    def _clips_can_be_joined(self) -> "Corpus":
        if self.name != "joined":
            return self
        if self.features == "arrays":
            raise ValueError(
                "features: arrays, but the videos of corpus joined are made here, so nobody has their "
                "features; set it to efficientnet, or to another extractor"
            )
        step, own = self.pictures_per_second, self.joined
        if own.pictures_per_second % step:
            raise ValueError(
                f"joined.pictures_per_second: {own.pictures_per_second} is no multiple of "
                f"corpus.pictures_per_second, {step}; clips are cut and joined where those pictures are"
            )
        if abs(own.fade * step - round(own.fade * step)) > 1e-6:
            raise ValueError(
                f"joined.fade: {own.fade:g} s is no whole number of steps of 1/{step} s "
                "(corpus.pictures_per_second)"
            )
        return self


class Folds(Section):
    """The ESC-50 folds that each split is mixed with."""

    train: Annotated[list[Fold], Field(min_length=1)]
    dev: Annotated[list[Fold], Field(min_length=1)]
    test: Annotated[list[Fold], Field(min_length=1)]

    @model_validator(mode="after")
    def _disjoint(self) -> "Folds":
        folds = [*self.train, *self.dev, *self.test]
        if len(set(folds)) < len(folds):
            raise ValueError("a fold stands in two splits; noise must be unheard in dev and test")
        return self


class Noise(Section):
    """What is mixed into the speech."""

    level: Literal["clean", "normal", "large"]
    proportion: FractionRange | None
    snr_db: DecibelRange | None
    mode: Literal["add", "convex"]
    coverage: FractionRange
    esc50: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None
    folds: Folds

    @model_validator(mode="after")
    def _source_is_certain(self) -> "Noise":
        if self.esc50.startswith(("http://", "https://")):
            if self.sha256 is None:
                raise ValueError(f"esc50 is the URL {self.esc50}, so sha256 must be set")
        elif self.esc50 != "data/esc50" and not self.esc50.startswith("/"):
            raise ValueError(
                f"esc50: {self.esc50!r} must be an absolute path (queued experiments run in a folder "
                "of their own), or data/esc50, the stand-in that the pipeline makes"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "Noise":
        if self.proportion is not None and self.snr_db is not None:
            raise ValueError("proportion and snr_db are both set; set one of them to null")
        return self


class Esc50(Section):
    """The synthetic stand-in for ESC-50."""

    clips_per_fold: Annotated[Whole, Field(ge=1)]


class Mels(Section):
    """The spectrograms."""

    bands: Count
    window_ms: Annotated[float, Field(ge=1, le=1000)]
    hop_ms: Annotated[float, Field(ge=1, le=1000)]
    fft: Count
    scale: Literal["slaney", "htk"]


class Video(Section):
    """Videos in a batch."""

    frames: Count
    dropout: Annotated[float, Field(ge=0, lt=1)]


class Augment(Section):
    """Augmentation of the training speech."""

    speed: Annotated[float, Field(ge=0, lt=0.9)]
    warp: Annotated[float, Field(ge=0, lt=0.9)]
    longest_time_mask: Annotated[Whole, Field(ge=0)]
    widest_band_mask: Annotated[Whole, Field(ge=0)]


class Audio(Section):
    """Speech in a batch."""

    frames: Count
    augment: Augment


class Text(Section):
    """Word embeddings, for the methods that read."""

    embeddings: Literal["glove", "learned"]
    glove: str | None
    learned_width: Count

    @model_validator(mode="after")
    def _path_is_absolute(self) -> "Text":
        if self.glove is not None and not self.glove.startswith("/"):
            raise ValueError(
                f"glove: {self.glove!r} must be an absolute path "
                "(queued experiments run in a folder of their own)"
            )
        return self


class Evaluate(Section):
    """How a method is evaluated on test."""

    nms: Fraction
    resamples: Annotated[Whole, Field(ge=100)]
    blind_grid: Annotated[Whole, Field(ge=2, le=100)]


def _checked(name: str, kind: type[Section], given: Any) -> Section:
    """A section that a system brings, or what is wrong with it."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, (name, *problem["loc"])))
        if problem["type"] == "extra_forbidden":
            known = ", ".join(kind.model_fields)
            raise ValueError(f"unknown key `{key}`; it may have {known}") from None
        raise ValueError(f"`{key}` is {problem['input']!r}: {problem['msg']}") from None


class Params(Section):
    """All of params.yaml."""

    seed: Annotated[Whole, Field(ge=0)]
    training_seed: Annotated[Whole, Field(ge=0)]
    corpus: Corpus
    esc50: Esc50
    noise: Noise
    mels: Mels
    acoustic: Acoustic
    asr: Asr
    video: Video
    audio: Audio
    text: Text
    networks: Networks
    pretrain: Pretraining
    curriculum: Curriculum
    ground: Grounding
    machine: Machine
    evaluate: Evaluate
    methods: Annotated[dict[Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$")], Method], Field(min_length=1)]
    compare: Annotated[list[str], Field(min_length=1)]
    # The sections that systems bring: in params.yaml they stand beside the others.
    sections: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _systems_bring_sections(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        own, given = {}, content.get("sections", content)
        for name, at in registry.sections().items():
            if name not in given:
                raise ValueError(
                    f"key `{name}` is missing; a system of stages/systems has its settings there"
                )
            own[name] = _checked(name, registry.load(at), given[name])
        return {**{key: value for key, value in content.items() if key not in own}, "sections": own}

    def of(self, name: str) -> "Params":
        """The effective settings of a row: those of all rows, but for what its own block says."""
        row = self.methods[name]
        evaluate = self.evaluate.model_dump() | ({} if row.nms is None else {"nms": row.nms})
        return self.model_copy(
            update={
                "pretrain": Pretraining.model_validate({**self.pretrain.model_dump(), **row.pretrain}),
                "ground": Grounding.model_validate({**self.ground.model_dump(), **row.ground}),
                "text": Text.model_validate({**self.text.model_dump(), **row.text}),
                "evaluate": Evaluate.model_validate(evaluate),
            }
        )

    @model_validator(mode="after")
    def _rows_are_valid(self) -> "Params":
        for name, row in self.methods.items():
            check_overrides(name, row, {"pretrain": self.pretrain, "ground": self.ground, "text": self.text})
            select = row.ground.get("select", self.ground.select)
            if row.supervision != "full" and select == "mIoU":
                raise ValueError(
                    f"methods.{name}.ground.select: mIoU is measured with the moments, which a row of "
                    f"supervision {row.supervision} may not see; set it to last or loss in the row's block"
                )
        return self

    @model_validator(mode="after")
    def _compared_methods_exist(self) -> "Params":
        if len(set(self.compare)) < len(self.compare):
            raise ValueError(f"compare: {self.compare} names a method twice")
        if "blind" in self.methods:
            raise ValueError("methods.blind: metrics/blind.json is blind guessing's; choose another name")
        for name in self.compare:
            if name not in self.methods:
                raise ValueError(
                    f"compare: no method {name!r} under `methods`, which has {', '.join(self.methods)}"
                )
        return self
