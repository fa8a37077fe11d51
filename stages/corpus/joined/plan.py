"""Which clips become one video, in which order, and what is left of each: drawn by names, not by order.

Time is counted in steps, of which there are `corpus.pictures_per_second`: clips are cut and joined at whole
steps, so a step of a joined video shows what a step of a clip shows, and has its features.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stages.common.errors import DataError
from stages.common.params.joined import Joining
from stages.common.seeding import generator
from stages.corpus.joined.clips_table import Clip


@dataclass(frozen=True)
class Piece:
    """So many steps of a clip, from its step `first` on; they begin at step `start` of the joined video."""

    clip: Clip
    first: int
    steps: int
    start: int


@dataclass(frozen=True)
class JoinedVideo:
    """Pieces one after the other; two neighbours share the steps in which the one fades into the other."""

    video_id: str
    split: str
    # How often the clips of this split were joined before.
    round: int
    pieces: tuple[Piece, ...]
    fade: int

    @property
    def steps(self) -> int:
        last = self.pieces[-1]
        return last.start + last.steps

    def moments(self) -> Iterator[tuple[Piece, float, float]]:
        """Each piece, and from which step to which: from the middle of one fade to the middle of the next."""
        for number, piece in enumerate(self.pieces):
            end = piece.start + piece.steps
            yield (
                piece,
                piece.start + (self.fade / 2 if number else 0),
                end - (self.fade / 2 if number < len(self.pieces) - 1 else 0),
            )


def shortest(params: Joining, per_second: int) -> int:
    """The fewest steps that a piece may have: it fades in and out, and is seen in between."""
    return max(2 * fade_steps(params, per_second) + 1, per_second)


def fade_steps(params: Joining, per_second: int) -> int:
    """The steps that a fade takes."""
    return round(params.fade * per_second)


def join(
    clips: Sequence[Clip],
    steps: dict[str, int],
    split: str,
    round_: int,
    params: Joining,
    per_second: int,
    seed: int,
) -> list[JoinedVideo]:
    """Join all clips of a split, each once."""
    fade = fade_steps(params, per_second)
    videos = []
    for number, group in enumerate(grouped(clips, split, round_, params, seed)):
        video_id = f"{split}-{round_:02d}-{number:05d}"
        pieces, start = [], 0
        for clip in group:
            rng = generator(seed, "trim", split, round_, clip.name)
            whole = steps[clip.name]
            kept = max(shortest(params, per_second), round(whole * (1 - params.trim * rng.random())))
            first = int(rng.integers(whole - kept + 1))
            pieces.append(Piece(clip, first, kept, start))
            start += kept - fade
        videos.append(JoinedVideo(video_id, split, round_, tuple(pieces), fade))
    return videos


def grouped(clips: Sequence[Clip], split: str, round_: int, params: Joining, seed: int) -> list[list[Clip]]:
    """The clips in groups of `clips_per_video`: no two of a group have one source or a caption in common."""
    fewest, most = params.clips_per_video
    sources = len({clip.source for clip in clips})
    if sources < fewest:
        raise DataError(
            f"the {split} split has {len(clips)} usable clips of {sources} sources, and a video is joined "
            f"from at least {fewest}; add clips, or lower corpus.joined.clips_per_video"
        )
    rng = generator(seed, "join", split, round_)
    by_name = {clip.name: clip for clip in clips}
    waiting = dict.fromkeys(str(name) for name in rng.permutation(sorted(by_name)))
    of_category: dict[str, dict[str, None]] = defaultdict(dict)
    for name in waiting:
        of_category[by_name[name].category][name] = None
    groups: list[list[Clip]] = []
    left: list[Clip] = []
    while waiting:
        group = _Group(by_name[next(iter(waiting))])
        wanted = _leaving_enough(int(rng.integers(fewest, most + 1)), len(waiting), fewest, most)
        alike = rng.random() < params.same_category
        # Those of its own kind first, where there are some.
        for pool in ([of_category[group.clips[0].category]] if alike else []) + [waiting]:
            for name in pool:
                if len(group.clips) == wanted:
                    break
                group.take(by_name[name])
        for clip in group.clips:
            del waiting[clip.name], of_category[clip.category][clip.name]
        if len(group.clips) >= fewest:
            groups.append(group.clips)
        else:
            left += group.clips
    _distribute(left, groups, most, rng)
    return groups


def _leaving_enough(wanted: int, waiting: int, fewest: int, most: int) -> int:
    """As many as wanted, or a few less or more, so that what is left is enough for a video."""
    sizes = sorted(range(fewest, most + 1), key=lambda size: (abs(size - wanted), size))
    fits = (size for size in sizes if waiting - size == 0 or waiting - size >= fewest)
    return next(fits, wanted)


class _Group:
    """Clips that may stand in one video."""

    def __init__(self, first: Clip) -> None:
        self.clips = [first]
        self.sources = {first.source}
        self.captions = {caption.text.lower() for caption in first.captions}

    def take(self, clip: Clip) -> bool:
        """Take a clip, unless it has something in common with the others."""
        said = {caption.text.lower() for caption in clip.captions}
        if clip.source in self.sources or said & self.captions:
            return False
        self.clips.append(clip)
        self.sources.add(clip.source)
        self.captions |= said
        return True


def _distribute(left: list[Clip], groups: list[list[Clip]], most: int, rng: np.random.Generator) -> None:
    """Put what was too little for a video into those that have room; what fits nowhere is left out."""
    for clip in left:
        for number in rng.permutation(len(groups)):
            group = _Group(groups[number][0])
            for other in groups[number][1:]:
                group.take(other)
            if len(groups[number]) < most and group.take(clip):
                groups[number].append(clip)
                break
