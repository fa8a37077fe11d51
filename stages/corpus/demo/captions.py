"""What a person would say to find an event: some forty sentence patterns, true of that event alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from stages.corpus.demo.vocabulary import MOTIONS, PACES, SHAPES, SIZES, Phrase
from stages.corpus.demo.world import Event, World

# In a pattern: {a} "a red ball", {the} "the red ball", {colour}, {noun}, {says} "spins", {to} "spin",
# {ing} "spinning", {done} "spun around", {then} {thening} the second motion, {place}, {pace}, {size};
# {b} … {b_ing} the same for another event.
PLAIN = [
    "{a} {says}",
    "{the} {says}",
    "there is {a} that {says}",
    "{a} is {ing}",
    "{a} can be seen {ing}",
    "you can see {a} {ing}",
    "we watch {a} {to}",
    "{a} begins to {to}",
    "{a} starts {ing}",
    "here {a} {says} {place}",
    "{place} {a} {says}",
    "somewhere {a} keeps {ing}",
    "it is {the} that {says}",
    "find the moment when {a} {says}",
    "show me where {the} is {ing}",
    "when does {the} {to}",
    "the camera shows {a} {ing}",
    "the {noun} that {says} is {colour}",
    "the thing that is {ing} is {a}",
    "{a}, all alone, {says}",
]
PASSIVE = [
    "{a} is {done}",
    "{the} is being {done}",
    "{the} gets {done} by somebody",
    "somebody has {the} {done}",
]
DETAILED = [
    "{a} {says} {pace}",
    "{pace} {a} {says}",
    "{a}, which is {size}, {says}",
    "a {size} {colour} {noun} {says}",
    "a {size} {noun} {says}, and it is {colour}",
]
WHOLE_OF_TWO = [
    "{a} {says} and then {then}",
    "first {a} {says}, then it {then}",
    "{the} {says} before it starts {thening}",
]
WITH_ANOTHER = [
    "{a} {says} while {b} {b_says}",
    "while {b} is {b_ing}, {a} {says}",
    "as {b} {b_says}, {the} {says}",
    "{the} {says} at the same time as {b} {b_says}",
]
AFTER_ANOTHER = ["after {b} has stopped {b_ing}, {a} {says}"]
BEFORE_ANOTHER = ["{a} {says} before {b} starts {b_ing}"]
WITHOUT_SHAPE = ["something {colour} {says}", "the {colour} one is {ing}"]
WITHOUT_COLOUR = ["a {noun} {says}", "some {noun} starts {ing}"]
WITHOUT_MOTION = ["{a} appears", "{a} comes into view", "look for {a}"]
PLACES = ["on the screen", "in the picture", "in this scene", "against the wall", "in front of us"]


_ZIPF = 2.0
T = TypeVar("T")


@dataclass(frozen=True)
class _Kind:
    share: float
    patterns: list[str]
    names: frozenset[str]  # what the sentence says about the event: colour, shape, motion
    fits: Callable[[Event, World], bool] = lambda _event, _world: True
    another: Callable[[Event, World], list[Event]] | None = None


def _at_the_same_time(event: Event, world: World) -> list[Event]:
    return [
        other
        for other in world.events
        if other is not event and min(event.end, other.end) - max(event.start, other.start) > 2
    ]


def _earlier(event: Event, world: World) -> list[Event]:
    return [other for other in world.events if other.end <= event.start]


def _later(event: Event, world: World) -> list[Event]:
    return [other for other in world.events if other.start >= event.end]


def _one_motion(event: Event, _world: World) -> bool:
    return len(event.motions) == 1


_ALL = frozenset({"colour", "shape", "motion"})
KINDS = [
    _Kind(0.60, PLAIN, _ALL, _one_motion),
    _Kind(0.06, PASSIVE, _ALL, _one_motion),
    _Kind(0.10, DETAILED, _ALL, _one_motion),
    _Kind(1.00, WHOLE_OF_TWO, _ALL, lambda event, _world: len(event.motions) == 2),
    _Kind(0.06, WITH_ANOTHER, _ALL, _one_motion, _at_the_same_time),
    _Kind(0.03, AFTER_ANOTHER, _ALL, _one_motion, _earlier),
    _Kind(0.03, BEFORE_ANOTHER, _ALL, _one_motion, _later),
    _Kind(0.05, WITHOUT_SHAPE, _ALL - {"shape"}, _one_motion),
    _Kind(0.04, WITHOUT_COLOUR, _ALL - {"colour"}, _one_motion),
    # An event that lingers is seen before it begins: only its motion tells when.
    _Kind(0.05, WITHOUT_MOTION, _ALL - {"motion"}, lambda event, _world: event.lingers == 0),
]


def _facts(event: Event, names: Iterable[str]) -> tuple[object, ...]:
    return tuple({"colour": event.colour, "shape": event.shape, "motion": event.motions}[n] for n in names)


def is_true_of_it_alone(event: Event, world: World, names: frozenset[str]) -> bool:
    """Whether what `names` says of the event holds for no other event of the video."""
    order = sorted(names)
    if "motion" in names:
        rivals = [other for other in world.events if set(other.motions) & set(event.motions)]
        order.remove("motion")
    else:
        rivals = list(world.events)
    return sum(_facts(other, order) == _facts(event, order) for other in rivals) == 1


def _pick(rng: np.random.Generator, options: list[T]) -> T:
    """Draw as language does: a few ways to say it are common, the others ever rarer (Zipf)."""
    shares = 1 / np.arange(1, len(options) + 1) ** _ZIPF
    return options[int(rng.choice(len(options), p=shares / shares.sum()))]


def _phrase(rng: np.random.Generator, motion: str, passive: bool = False) -> Phrase:
    return _pick(rng, [phrase for phrase in MOTIONS[motion] if phrase.passive or not passive])


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _words(rng: np.random.Generator, event: Event, passive: bool) -> dict[str, str]:
    noun = _pick(rng, SHAPES[event.shape])
    phrases = [_phrase(rng, motion, passive) for motion in event.motions]
    first, last = phrases[0], phrases[-1]
    return {
        "colour": event.colour, "noun": noun,
        "a": _article(f"{event.colour} {noun}"), "the": f"the {event.colour} {noun}",
        "says": first.third, "to": first.infinitive, "ing": first.gerund, "done": first.passive or "",
        "then": last.third, "thening": last.gerund, "place": _pick(rng, PLACES),
        "pace": _pick(rng, PACES[event.pace]), "size": _pick(rng, SIZES[event.size]),
    }  # fmt: skip


def describe(rng: np.random.Generator, event: Event, world: World) -> str:
    """A sentence that names the event and, in this video, nothing else."""
    possible = [
        kind
        for kind in KINDS
        if kind.fits(event, world)
        and is_true_of_it_alone(event, world, kind.names)
        and (kind.another is None or kind.another(event, world))
    ]
    weights = np.array([kind.share for kind in possible])
    kind = possible[int(rng.choice(len(possible), p=weights / weights.sum()))]
    words = _words(rng, event, passive=kind.patterns is PASSIVE)
    if kind.another is not None:
        others = kind.another(event, world)
        other = _words(rng, others[int(rng.integers(len(others)))], passive=False)
        words |= {"b": other["the"], "b_says": other["says"], "b_ing": other["ing"]}
    sentence = _pick(rng, kind.patterns).format(**words)
    return sentence[0].upper() + sentence[1:] + ("?" if sentence.startswith("when does") else ".")
