"""The tables and figures of VGCL (§6) as rows of settings, with its figures and its claims."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Changes = tuple[tuple[str, str], ...]

# R@1 at IoU 0.3, 0.5, 0.7 and mIoU on ActivityNet Speech.
Figures = tuple[float, float, float, float]


@dataclass(frozen=True)
class Row:
    """A method under some changes of params.yaml, and what the paper reports of it."""

    label: str
    method: str
    changes: Changes = ()
    paper: Figures | None = None

    @property
    def reads_transcripts(self) -> bool:
        """Whether what a recogniser has wrong matters: for `asr` and its kin."""
        return self.method.partition("-")[0] == "asr"


@dataclass(frozen=True)
class Claim:
    """That one row is better than another; or better by more than one of two other rows is than the other."""

    better: str
    worse: str
    by_more_than: tuple[str, str] | None = None

    @property
    def rows(self) -> tuple[str, ...]:
        return (self.better, self.worse, *(self.by_more_than or ()))

    def gain(self, figures: Mapping[str, float]) -> float:
        """What is claimed to be above zero, from the figures of the rows."""
        gain = figures[self.better] - figures[self.worse]
        if self.by_more_than is None:
            return gain
        return gain - (figures[self.by_more_than[0]] - figures[self.by_more_than[1]])

    def __str__(self) -> str:
        if self.by_more_than is None:
            return f"{self.better} > {self.worse}"
        return f"({self.better}) - ({self.worse}) > ({self.by_more_than[0]}) - ({self.by_more_than[1]})"


@dataclass(frozen=True)
class Plan:
    """The rows of one table, and what is claimed of them; labels are unique."""

    title: str
    rows: tuple[Row, ...]
    claims: tuple[Claim, ...]
    # A file of stages/common/params whose choices all rows share, and before whose name runs stand.
    preset: str = ""


def _above(better: str, *others: str) -> tuple[Claim, ...]:
    return tuple(Claim(better, worse) for worse in others)


def _table2() -> Plan:
    rows = (
        Row("base", "base", (), (44.93, 28.59, 15.40, 31.89)),
        Row("vqcpc", "vqcpc", (), (44.29, 26.18, 14.90, 31.94)),
        Row("cpc", "cpc", (), (47.42, 28.78, 16.12, 33.83)),
        Row("vgcl", "vgcl", (), (49.80, 30.05, 16.63, 35.36)),
        Row("base-longer", "base-longer"),
        Row("guided", "guided"),
        Row("foretell", "foretell"),
        Row("aligned", "aligned"),
        Row("vslbase", "vslbase", (), (46.12, 29.10, 15.89, 33.20)),
        Row("vslnet", "vslnet", (), (46.75, 29.08, 16.24, 34.01)),
        Row("asr", "asr", (), (48.49, 29.90, 16.33, 34.58)),
        Row("asr-noglove", "asr-noglove", (), (50.46, 27.32, 15.83, 33.82)),
        Row("text", "text", (), (60.57, 42.96, 25.68, 43.34)),
    )
    claims = (
        *_above("vgcl", "cpc", "base", "vqcpc", "vslnet", "asr"),
        *_above("text", "vgcl"),
        *_above("cpc", "base", "vqcpc"),
        *_above("vgcl", "guided"),
        *_above("foretell", "base", "base-longer", "guided", "cpc", "vgcl"),
        *_above("aligned", "base", "base-longer", "cpc", "vgcl"),
    )
    return Plan("Table 2: methods", rows, claims)


def _figure4() -> Plan:
    """What reads the captions hears no noise: `text` is run once."""
    names = ("base", "cpc", "vgcl", "foretell", "asr")
    noises: dict[str, Changes] = {
        "clean": (("noise.level", "clean"),),
        "normal": (),
        "large": (("noise.level", "large"),),
        # The other reading of "proportion": the speech gets quieter as the noise gets louder.
        "normal convex": (("noise.mode", "convex"),),
        "large convex": (("noise.level", "large"), ("noise.mode", "convex")),
    }
    rows = tuple(
        Row(f"{name}, {noise}", name, changes) for noise, changes in noises.items() for name in names
    )
    claims = (
        *(Claim(f"{name}, {quiet}", f"{name}, {loud}")
          for name in names
          for quiet, loud in (("clean", "normal"), ("normal", "large"), ("normal", "large convex"))),
        *(Claim(f"vgcl, {noise}", f"{other}, {noise}") for noise in noises for other in ("base", "cpc")),
        *(Claim(f"foretell, {noise}", f"base, {noise}") for noise in noises),
        # The paper: VGCL gains more where it is louder; text is better in silence, speech in noise.
        *(Claim(f"{name}, {loud}", f"base, {loud}", (f"{name}, clean", "base, clean"))
          for name in ("vgcl", "foretell") for loud in ("large", "large convex")),
        Claim("asr, clean", "vgcl, clean"),
        *(Claim(f"vgcl, {noise}", f"asr, {noise}") for noise in noises if "large" in noise),
        *(Claim(f"foretell, {noise}", f"asr, {noise}") for noise in noises if "large" in noise),
    )  # fmt: skip
    return Plan("Figure 4: the noise's proportion", (*rows, Row("text", "text")), claims)


def _table3() -> Plan:
    switches = (
        ("w/o CL", "curriculum.enabled", "false", (46.83, 29.19, 16.08, 33.04)),
        ("w/o entire video", "networks.guide.entire_video", "false", (48.79, 29.92, 16.28, 33.94)),
        ("w/o self attention", "networks.guide.self_attention", "false", (49.00, 30.09, 16.42, 34.65)),
        ("w/o random", "curriculum.random", "false", (48.12, 30.12, 16.59, 34.20)),
        # The paper halves its longest utterance. Ours have 12 steps in the mean, so 6 halve most of them.
        ("half the audio length", "pretrain.audio_steps", "6", (48.97, 30.33, 16.29, 34.44)),
    )
    full = Row("full model", "vgcl", (), (49.80, 30.05, 16.63, 35.36))
    rows = [Row(label, "vgcl", ((key, value),), paper) for label, key, value, paper in switches]
    claims = _above(full.label, *(row.label for row in rows))
    return Plan("Table 3: ablations of VGCL", (full, *rows), claims)


def _table4() -> Plan:
    paper = {
        ("linear", 10): (49.80, 30.05, 16.63, 35.36), ("linear", 5): (48.82, 30.03, 16.25, 34.44),
        ("exponential", 10): (49.46, 30.34, 16.57, 34.96), ("exponential", 5): (48.34, 29.59, 16.39, 34.44),
        ("logarithmic", 10): (48.89, 29.98, 16.40, 34.53), ("logarithmic", 5): (46.61, 29.06, 16.21, 33.30),
    }  # fmt: skip
    rows = tuple(
        Row(f"{pacing}, κ = {kappa}", "vgcl", _unless_default(pacing, kappa), figures)
        for (pacing, kappa), figures in paper.items()
    )
    claims = (
        *(Claim(f"{pacing}, κ = 10", f"{pacing}, κ = 5") for pacing in _PACINGS),
        *_above("linear, κ = 10", "logarithmic, κ = 10"),
        *_above("exponential, κ = 10", "logarithmic, κ = 10"),
    )
    return Plan("Table 4: pacing and κ", rows, claims)


_PACINGS = ("linear", "exponential", "logarithmic")


def _unless_default(pacing: str, kappa: int) -> Changes:
    # What params.yaml says anyway is left unsaid, so that tables share their runs.
    wanted = (("curriculum.kappa", str(kappa), "10"), ("curriculum.pacing", pacing, "linear"))
    return tuple((key, value) for key, value, default in wanted if value != default)


def _figure5(stages: Iterable[int] = (0, 2, 4, 6, 8, 10)) -> Plan:
    rows = tuple(
        Row(f"{pacing}, t = {stop}", "vgcl",
            (*_unless_default(pacing, 10), *([("curriculum.stop", str(stop))] if stop < 10 else [])))
        for pacing in _PACINGS for stop in stages
    )  # fmt: skip
    claims = (
        *_above("logarithmic, t = 2", "linear, t = 2", "exponential, t = 2"),
        *_above("exponential, t = 10", "linear, t = 10", "logarithmic, t = 10"),
    )
    return Plan("Figure 5: grounding after each stage of the curriculum", rows, claims)


def _guide() -> Plan:
    """The forms of eq. 8: its norm, its ReLU, and latents of both signs, as the paper's code has them."""
    default = Row("the default", "vgcl")
    forms = {
        "LayerNorm and ReLU (eq. 8)": (("networks.guide.norm", "layer"), ("networks.guide.relu", "true")),
        "LayerNorm, signed latents": (("networks.guide.norm", "layer"), ("networks.speech.projection", "3")),
        "batch norm": (("networks.guide.norm", "batch"),),
        "ReLU (eq. 8)": (("networks.guide.relu", "true"),),
    }
    rows = (default, *(Row(label, "vgcl", changes) for label, changes in forms.items()))
    return Plan("The guide's forms", rows, _above(default.label, *forms))


def _foretell() -> Plan:
    """What each part of `foretell` is worth; without all of them it is `vgcl`."""
    own = "methods.foretell.pretrain."
    parts = {
        "noisy targets": ("pretrain.foretell.clean", "false"),
        "the latent ahead alone": ("pretrain.foretell.target", "step"),
        "nobody is muted": ("pretrain.foretell.mute", "0"),
        "all see the video": ("pretrain.foretell.blind", "0"),
        "any voices": (f"{own}batch_by", "none"),
        "one step ahead": (f"{own}ahead", "[1]"),
        "in vgcl's network": ("methods.foretell.network", "guided"),
    }
    full = Row("foretell", "foretell")
    rows = (
        full,
        *(Row(label, "foretell", (change,)) for label, change in parts.items()),
        Row("vgcl", "vgcl"),
    )
    return Plan("What makes the video matter", rows, _above(full.label, *parts, "vgcl"))


def _ahead() -> Plan:
    """At 160 ms the sounds foretell what comes, for the latents overlap; at 480 ms words should."""
    far = (("pretrain.ahead", "[3,4,5]"),)
    rows = (
        *(Row(f"{name}, 160 to 480 ms", name) for name in ("cpc", "vgcl")),
        *(Row(f"{name}, 480 to 800 ms", name, far) for name in ("cpc", "vgcl")),
    )
    claims = tuple(Claim(f"{name}, 480 to 800 ms", f"{name}, 160 to 480 ms") for name in ("cpc", "vgcl"))
    return Plan("How far ahead pretraining predicts", rows, claims)


def _longer() -> Plan:
    """By then seeds agree, whenever they began to listen."""
    names = ("cpc", "vgcl", "foretell", "aligned")
    longer = (("ground.epochs", "20"),)
    rows = (
        Row("base, 20 epochs", "base", longer),
        *(Row(f"{name}, 20 epochs", name, longer) for name in names),
    )
    claims = (
        *_above("cpc, 20 epochs", "base, 20 epochs"),
        *_above("vgcl, 20 epochs", "base, 20 epochs", "cpc, 20 epochs"),
        *_above("foretell, 20 epochs", "base, 20 epochs", "cpc, 20 epochs", "vgcl, 20 epochs"),
        *_above("aligned, 20 epochs", "base, 20 epochs", "cpc, 20 epochs", "vgcl, 20 epochs"),
    )
    return Plan("Grounding trained longer", rows, claims)


def _levers() -> Plan:
    """What could keep pretraining from helping: how it is used, and what its negatives are."""
    names = ("cpc", "vgcl")
    levers = {
        "frozen": "methods.{}.encoder_rate=0",
        "a tenth of the rate": "methods.{}.encoder_rate=0.1",
        # Negatives of the same voice in the same noise, which give nothing away.
        "negatives of its own": "pretrain.negatives=sequence",
        "temperature 0.1": "pretrain.temperature=0.1",
    }
    rows: list[Row] = []
    for name in names:
        rows.append(Row(name, name))
        for lever, setting in levers.items():
            key, value = setting.format(name).split("=")
            rows.append(Row(f"{name}, {lever}", name, ((key, value),)))
    claims = tuple(claim for name in names for lever in levers for claim in _above(f"{name}, {lever}", name))
    return Plan("What pretraining could be missing", tuple(rows), claims)


def _sizes() -> Plan:
    """Whether `lean` of the VGCL bench loses anything; the rest is as in params.yaml."""
    paper = (
        ("networks.speech.width", "256"), ("networks.speech.strides", "[2,2]"),
        ("networks.speech.residual_strides", "[2,2]"),
        ("networks.base.hidden", "1024"), ("networks.base.chunks", "8"),
    )  # fmt: skip
    lean = (
        *paper[:3],
        ("networks.base.hidden", "512"), ("networks.base.chunks", "4"),
        ("networks.base.similarity", "dot"),
    )  # fmt: skip
    rows = (Row("the paper's size", "base", paper), Row("lean", "base", lean), Row("the demo's size", "base"))
    return Plan("Sizes of the base network", rows, _above("lean", "the paper's size"))


def _joined() -> Plan:
    """Real pictures and real words: whether raw speech or recogniser and text is better there."""
    # asr reads the training captions: a transcript costs the recogniser half a second.
    names = ("base", "vslnet", "cpc", "vgcl", "foretell", "aligned", "asr-captions")
    levels: dict[str, Changes] = {
        "clean": (("noise.level", "clean"),), "normal": (), "large": (("noise.level", "large"),),
    }  # fmt: skip
    rows = tuple(
        Row(f"{name}, {level}", name, changes) for level, changes in levels.items() for name in names
    )
    claims = (
        *(Claim(f"asr-captions, {level}", f"base, {level}") for level in levels),
        *(Claim(f"{name}, {level}", f"base, {level}")
          for level in levels for name in ("cpc", "vgcl", "foretell", "aligned")),
        *(Claim("text", f"asr-captions, {level}") for level in levels),
    )  # fmt: skip
    return Plan("Joined clips: real pictures and real words", (*rows, Row("text", "text")), claims, "joined")


def _voices() -> Plan:
    """How well the recogniser hears each engine's voices. What counts is the words: training is cut short."""
    once = (("corpus.joined.rounds", "1"),)
    rows = tuple(
        Row(f"{voices}, {level}", "asr-captions",
            (*once, *((("corpus.voices", voices),) if voices != "espeak" else ()),
             *((("noise.level", level),) if level != "normal" else ())))
        for voices in ("espeak", "hibari", "kokoro") for level in ("clean", "normal", "large")
    )  # fmt: skip
    return Plan("Voices: what the recogniser understands of each engine", rows, (), "joined")


PLANS = {
    "table2": _table2(), "figure4": _figure4(), "table3": _table3(), "table4": _table4(),
    "figure5": _figure5(), "guide": _guide(), "foretell": _foretell(), "longer": _longer(),
    "levers": _levers(), "ahead": _ahead(), "sizes": _sizes(), "joined": _joined(),
    "voices": _voices(),
}  # fmt: skip
