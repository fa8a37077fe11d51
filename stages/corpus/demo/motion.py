"""Where a shape is, how large and how it is turned, at an instant of its event."""

from dataclasses import dataclass

import numpy as np

from stages.common.seeding import generator
from stages.corpus.demo.world import FRAMES_PER_SECOND, Event

_RADIUS = {"small": 15.0, "large": 22.0}
_PERIOD = {"slow": 4.5, "quick": 2.5}  # seconds


@dataclass(frozen=True)
class Pose:
    """A shape's centre in the unit square (y points down), size, turn and whether it shows."""

    x: float
    y: float
    radius: float
    turn: float = 0.0
    shows: bool = True


def pose(event: Event, time: float) -> Pose:
    """The pose at `time` seconds into the video; before and after the event the shape stands still."""
    x, y = event.home
    radius = _RADIUS[event.size]
    if not event.start <= time < event.end:
        return Pose(x, y, radius)
    share = len(event.motions) * (time - event.start) / (event.end - event.start)
    motion = event.motions[int(share)]
    since = time - event.start - int(share) * (event.end - event.start) / len(event.motions)
    phase = since / _PERIOD[event.pace]
    # Rounded, for the last digits depend on the CPU, and places are rounded to pixels.
    wave, swing = (round(float(f(2 * np.pi * phase)), 9) for f in (np.sin, np.cos))
    match motion:
        case "left":
            return Pose(_wrapped(x - 0.5 * phase), y, radius)
        case "right":
            return Pose(_wrapped(x + 0.5 * phase), y, radius)
        case "up":
            return Pose(x, _wrapped(y - 0.5 * phase), radius)
        case "down":
            return Pose(x, _wrapped(y + 0.5 * phase), radius)
        case "spin":
            return Pose(x, y, radius, turn=phase)
        case "bounce":
            return Pose(x, y - 0.2 * abs(wave), radius)
        case "sway":
            return Pose(x + 0.2 * wave, y, radius)
        case "grow":
            return Pose(x, y, radius * (0.6 + 0.8 * (phase % 1)))
        case "shrink":
            return Pose(x, y, radius * (1.4 - 0.8 * (phase % 1)))
        case "blink":
            return Pose(x, y, radius, shows=phase * 4 % 1 < 0.5)
        case "circle":
            return Pose(x + 0.16 * wave, y + 0.16 * swing, radius)
        case "shake":
            frame = round(time * FRAMES_PER_SECOND)
            dx, dy = generator(0, "shake", event.colour, event.shape, frame).uniform(-0.045, 0.045, 2)
            return Pose(x + float(dx), y + float(dy), radius)
    raise ValueError(motion)


def _wrapped(place: float) -> float:
    """Out of one side of the picture and in again at the other."""
    return (place + 0.15) % 1.3 - 0.15
