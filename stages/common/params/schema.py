"""The shape of params.yaml: every key, its type and its range. The values live in params.yaml alone."""

from collections.abc import Callable
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
from stages.common.params.networks import Networks
from stages.common.params.pretraining import Curriculum, Pretraining
from stages.common.params.training import Machine, Training

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
    """What networks in time look at."""

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
    """Which corpus, and where it lies."""

    name: Literal["demo", "activitynet", "charades", "own"]
    root: str | None
    speech: Literal["recorded", "tts"]
    speech_folder: str | None
    features: Literal["pixels", "arrays", "i3d", "c3d", "clip"]
    features_path: str | None
    features_checkpoint: str | None
    clips: Clips
    videos_folder: str | None
    test_annotations: Literal["val_2", "val_1"]
    test_fraction: Annotated[float, Field(gt=0, lt=0.5)]
    dev_fraction: Annotated[float, Field(gt=0, lt=0.5)]
    strict: bool
    demo: Demo

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


class Folds(Section):
    """The ESC-50 folds each split hears."""

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
    """Videos as a batch holds them."""

    frames: Count


class Augment(Section):
    """How training changes the speech it hears."""

    speed: Annotated[float, Field(ge=0, lt=0.9)]
    warp: Annotated[float, Field(ge=0, lt=0.9)]
    longest_time_mask: Annotated[Whole, Field(ge=0)]
    widest_band_mask: Annotated[Whole, Field(ge=0)]


class Audio(Section):
    """Speech as a batch holds it."""

    frames: Count
    augment: Augment


class Text(Section):
    """Words as vectors, for methods that read."""

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


class Method(Section):
    """A row of the results: a network, and what it is asked with."""

    network: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    query: Literal["speech", "captions", "transcripts"]
    pretraining: Literal["none", "cpc", "vqcpc", "vgcl", "aligned"] = "none"
    encoder_rate: Annotated[float, Field(ge=0)] = 1.0
    pretrain: dict[str, Any] = Field(default_factory=dict)
    text: dict[str, Any] = Field(default_factory=dict)
    ground: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> "Method":
        if self.network not in (known := registry.networks()):
            raise ValueError(
                f"network: there is no {self.network!r}; stages/systems has {', '.join(sorted(known))}"
            )
        if self.network == "guided" and self.pretraining != "vgcl":
            raise ValueError(
                f"network: guided is taught to look by pretraining: vgcl, which is {self.pretraining}"
            )
        if self.pretraining != "none" and self.query != "speech":
            raise ValueError(f"pretraining: {self.pretraining} is of speech, and the query is {self.query}")
        return self


class Evaluate(Section):
    """How a method is judged on test."""

    suppression: Fraction
    resamples: Annotated[Whole, Field(ge=100)]
    blind_grid: Annotated[Whole, Field(ge=2, le=100)]


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
    ground: Training
    machine: Machine
    evaluate: Evaluate
    methods: Annotated[dict[Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$")], Method], Field(min_length=1)]
    compare: Annotated[list[str], Field(min_length=1)]

    def pretrain_of(self, name: str) -> Pretraining:
        """How a method is pretrained: as all are, but for what its own block says."""
        return Pretraining.model_validate({**self.pretrain.model_dump(), **self.methods[name].pretrain})

    def ground_of(self, name: str) -> Training:
        """How a method is trained: as all are, but for what its own block says."""
        return Training.model_validate({**self.ground.model_dump(), **self.methods[name].ground})

    def text_of(self, name: str) -> Text:
        """How a method's words become vectors: as all do, but for what its own block says."""
        return Text.model_validate({**self.text.model_dump(), **self.methods[name].text})

    @model_validator(mode="after")
    def _own_sections_are_valid(self) -> "Params":
        for name in self.methods:
            _check_own(name, "pretrain", self.methods[name].pretrain, Training, self.pretrain_of)
            _check_own(name, "ground", self.methods[name].ground, Training, self.ground_of)
            _check_own(name, "text", self.methods[name].text, Text, self.text_of)
        return self

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> "Params":
        width, heads = self.networks.speech.width, self.pretrain.guide.heads
        if width % heads:
            raise ValueError(f"pretrain.guide.heads: {heads} do not divide networks.speech.width, {width}")
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


def _check_own(
    name: str, section: str, own: dict[str, Any], keys: type[Section], made: Callable[[str], Section]
) -> None:
    """Refuse what a method's own block may not say of a section."""
    unknown = sorted(set(own) - set(keys.model_fields))
    if unknown:
        known = ", ".join(keys.model_fields)
        raise ValueError(f"methods.{name}.{section}: unknown key `{unknown[0]}`; it may have {known}")
    try:
        made(name)
    except ValidationError as error:
        # As it stands, it would name the key alone and not whose it is.
        problem = error.errors()[0]
        key = ".".join(map(str, ("methods", name, section, *problem["loc"])))
        raise ValueError(f"`{key}` is {problem['input']!r}: {problem['msg']}") from None
