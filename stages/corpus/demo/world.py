"""What happens in a demo video: 3 to 5 events of coloured shapes that move, some at the same time."""

from dataclasses import dataclass

import numpy as np

from stages.corpus.demo.vocabulary import COLOURS, MOTIONS, SHAPES, TURNING_SHAPES

FRAMES_PER_SECOND = 4
SCENES = ("plain", "meadow", "night", "stripes", "tiles", "dots")
FEWEST_EVENTS, MOST_EVENTS, MOST_AT_ONCE = 3, 5, 2


@dataclass(frozen=True)
class Event:
    """A shape that does one thing, or one thing and then another, from `start` to `end` (seconds)."""

    start: float
    end: float
    colour: str
    shape: str
    motions: tuple[str, ...]
    size: str
    pace: str
    home: tuple[float, float]  # where it moves about, in the unit square
    lingers: float  # seconds that it stands still before and after

    def overlaps(self, other: "Event") -> bool:
        """Whether both are on the screen at some instant."""
        return (
            self.start - self.lingers < other.end + other.lingers
            and other.start - other.lingers < self.end + self.lingers
        )


@dataclass(frozen=True)
class Bystander:
    """A shape that stands still all the time and is no answer to any query."""

    colour: str
    shape: str
    place: tuple[float, float]


@dataclass(frozen=True)
class World:
    """One video: its length in seconds, its backdrop, its events in no particular order."""

    duration: float
    scene: str
    events: tuple[Event, ...]
    bystanders: tuple[Bystander, ...]


def _choose(rng: np.random.Generator, options: list[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _moment(rng: np.random.Generator, duration: float) -> tuple[float, float]:
    """Start and end on the frame grid; lengths of 8 to 40 % of the video, at least 5 s."""
    length = max(5.0, duration * float(rng.uniform(0.08, 0.4)))
    start = float(rng.uniform(0, duration - length))
    grid = FRAMES_PER_SECOND
    return round(start * grid) / grid, round((start + length) * grid) / grid


def _draw_event(rng: np.random.Generator, duration: float, earlier: list[Event]) -> Event:
    """A new event; it shares its colour or its shape with an earlier one more often than by chance."""
    colour, shape = _choose(rng, list(COLOURS)), _choose(rng, list(SHAPES))
    if earlier and rng.random() < 0.25:
        rival = earlier[int(rng.integers(len(earlier)))]
        colour, shape = (rival.colour, shape) if rng.random() < 0.5 else (colour, rival.shape)
    possible = [motion for motion in MOTIONS if motion != "spin" or shape in TURNING_SHAPES]
    count = 2 if rng.random() < 0.08 else 1
    motions = tuple(str(name) for name in rng.permutation(possible)[:count])
    start, end = _moment(rng, duration)
    return Event(
        start=start,
        end=end,
        colour=colour,
        shape=shape,
        motions=motions,
        size=_choose(rng, ["small", "large"]),
        pace=_choose(rng, ["slow", "quick"]),
        home=(float(rng.uniform(0.28, 0.72)), float(rng.uniform(0.28, 0.72))),
        lingers=float(rng.integers(1, 4)) if rng.random() < 0.25 else 0.0,
    )


def _fits(event: Event, others: list[Event]) -> bool:
    """At one instant there are two events at the most, of different colours and in different places."""
    company = [other for other in others if event.overlaps(other)]
    apart = all(
        abs(event.home[0] - other.home[0]) + abs(event.home[1] - other.home[1]) > 0.35 for other in company
    )
    told_apart = all(
        (event.colour, event.shape) != (other.colour, other.shape)
        or not set(event.motions) & set(other.motions)
        for other in others
    )
    unlike = all(event.colour != other.colour for other in company)
    return len(company) < MOST_AT_ONCE and apart and told_apart and unlike


def draw_world(rng: np.random.Generator, seconds: tuple[float, float]) -> World:
    """A video of a length between the two given; short ones are as frequent as long ones, in ratio."""
    low, high = np.log(seconds)
    duration = float(round(np.exp(rng.uniform(low, high))))
    wanted = int(rng.integers(FEWEST_EVENTS, MOST_EVENTS + 1))
    events: list[Event] = []
    # A crowded draw may find no room for its last event: then it starts over.
    for attempt in range(10_000):
        event = _draw_event(rng, duration, events)
        if _fits(event, events):
            events.append(event)
        if len(events) == wanted:
            break
        if attempt % 200 == 199:
            events.clear()
    used = {event.colour for event in events}
    free = [str(colour) for colour in rng.permutation(list(COLOURS)) if colour not in used]
    bystanders = tuple(
        Bystander(colour, _choose(rng, [event.shape for event in events]), _corner(rng))
        for colour in free[: int(rng.integers(0, 2))]
    )
    return World(duration, _choose(rng, list(SCENES)), tuple(events), bystanders)


def _corner(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.choice([0.12, 0.88])), float(rng.choice([0.12, 0.88]))
