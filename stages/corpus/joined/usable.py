"""Which clips can be joined, and the split of each; what is left out is named and counted."""

from collections.abc import Mapping
from pathlib import Path

from stages.common.errors import DataError
from stages.common.params.schema import Corpus
from stages.corpus.joined.clips_table import Clip, read_clips
from stages.corpus.joined.lengths import measured
from stages.corpus.joined.plan import shortest
from stages.corpus.media import Files
from stages.corpus.splits import SPLITS, draw

_NAMED = 3


class LeftOut:
    """Clips that are left out: numbers by rule. `strict` refuses to leave any out."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.counts: dict[str, int] = {}

    def count(self, rule: str, clips: int) -> None:
        """So many more clips."""
        if clips:
            self.counts[rule] = self.counts.get(rule, 0) + clips

    def without(self, clips: list[Clip], rule: str, reasons: Mapping[str, str]) -> list[Clip]:
        """The clips without those that have a reason, by name; the first are said."""
        if reasons and self.strict:
            listed = "; ".join(list(reasons.values())[:10])
            raise DataError(f"{len(reasons)} clips can't be used and corpus.strict is true: {listed}")
        for text in list(reasons.values())[:_NAMED]:
            print(f"dropped: {text}")
        if len(reasons) > _NAMED:
            print(f"dropped: {len(reasons) - _NAMED} more clips, {rule}")
        self.count(rule, len(reasons))
        return [clip for clip in clips if clip.name not in reasons]


def usable_clips(
    corpus: Corpus, seed: int, files: Files, work: Path, left_out: LeftOut
) -> tuple[list[Clip], dict[str, int]]:
    """The clips that can be joined, each in one split, and how many steps each has."""
    assert corpus.root is not None, "the schema requires a root for every corpus but the demo"
    clips, per_second = read_clips(Path(corpus.root)), corpus.pictures_per_second
    found = {clip.name: path for clip in clips if (path := files.at(clip.name)) is not None}
    clips = left_out.without(clips, "no_file", {
        clip.name: f"{clip.place}: {files.folder} has no file {clip.name!r}"
        for clip in clips if clip.name not in found
    })  # fmt: skip
    steps, failures = measured(work / "lengths", found, per_second)
    clips = left_out.without(clips, "unreadable", failures)
    least = shortest(corpus.joined, per_second)
    clips = left_out.without(clips, "too_short", {
        name: f"{found[name]} lasts {count / per_second:g} s; a piece has at least {least / per_second:g} s"
        for name, count in steps.items() if count < least
    })  # fmt: skip
    return _with_splits(clips, corpus, seed, left_out), steps


def _with_splits(clips: list[Clip], corpus: Corpus, seed: int, left_out: LeftOut) -> list[Clip]:
    """Each clip in a split: by source, so that nothing of a test film is seen in training."""
    without = [clip for clip in clips if not clip.split]
    if without and len(without) < len(clips):
        raise DataError(
            f"{without[0].place}: clip {without[0].name!r} has no split and others have; fill in all or none"
        )
    if without:
        test = draw([clip.source for clip in clips], corpus.test_fraction, seed, "test")
        for clip in clips:
            clip.split = "test" if clip.source in test else "train"
    clips = _sources_apart(clips, left_out)
    for split in ("train", "test"):
        if not any(clip.split == split for clip in clips):
            raise DataError(
                f"{corpus.root}: no usable clip is {split}, and both train and test are needed; "
                "see which were dropped, or give clips this `split`"
            )
    if not any(clip.split == "dev" for clip in clips):
        train = [clip for clip in clips if clip.split == "train"]
        dev = draw([clip.source for clip in train], corpus.dev_fraction, seed, "dev")
        for clip in train:
            clip.split = "dev" if clip.source in dev else "train"
    return clips


def _sources_apart(clips: list[Clip], left_out: LeftOut) -> list[Clip]:
    """A film of test is not trained on, nor chosen by: its clips in other splits are left out."""
    held: dict[str, str] = {}
    for split in reversed(SPLITS):
        clips = left_out.without(clips, f"{split}_source_held_out", {
            clip.name: f"{clip.place}: clip {clip.name!r} is {split}, but its source {clip.source!r} is "
            f"also in {held[clip.source]}"
            for clip in clips if clip.split == split and clip.source in held
        })  # fmt: skip
        held |= {clip.source: split for clip in clips if clip.split == split}
    return clips
