"""The categories, under the names and numbers they have in ESC-50."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int16

from stages.common.seeding import generator
from stages.esc50 import creatures, household, machines, weather
from stages.esc50.signals import LENGTH, Signal

FOLDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Category:
    """One class of sounds; `esc10` says whether it is also in ESC-10."""

    target: int
    esc10: bool
    sound: Callable[[np.random.Generator], Signal]

    @property
    def name(self) -> str:
        return self.sound.__name__


CATEGORIES = [
    Category(0, True, creatures.dog),
    Category(4, False, creatures.frog),
    Category(7, False, creatures.insects),
    Category(10, True, weather.rain),
    Category(11, True, weather.sea_waves),
    Category(12, True, weather.crackling_fire),
    Category(13, False, creatures.crickets),
    Category(14, False, creatures.chirping_birds),
    Category(15, False, weather.water_drops),
    Category(16, False, weather.wind),
    Category(19, False, weather.thunderstorm),
    Category(20, True, creatures.crying_baby),
    Category(25, False, household.footsteps),
    Category(30, False, household.door_wood_knock),
    Category(31, False, household.mouse_click),
    Category(32, False, household.keyboard_typing),
    Category(36, False, machines.vacuum_cleaner),
    Category(37, False, household.clock_alarm),
    Category(38, True, household.clock_tick),
    Category(40, True, machines.helicopter),
    Category(41, True, machines.chainsaw),
    Category(42, False, machines.siren),
    Category(43, False, machines.car_horn),
    Category(44, False, machines.engine),
    Category(45, False, machines.train),
    Category(46, False, household.church_bells),
    Category(47, False, machines.airplane),
]


@dataclass(frozen=True)
class Clip:
    """One clip to render, a row of meta/esc50.csv."""

    category: Category
    fold: int
    number: int

    @property
    def source(self) -> int:
        # Where ESC-50 has the recording's number at freesound.org, which starts another way.
        return int(f"9{self.category.target:02d}{self.fold}{self.number:03d}")

    @property
    def filename(self) -> str:
        return f"{self.fold}-{self.source}-A-{self.category.target}.wav"


def all_clips(per_fold: int) -> list[Clip]:
    """Every clip, in the order of the table."""
    numbers = range(per_fold)
    return [Clip(category, fold, n) for fold in FOLDS for category in CATEGORIES for n in numbers]


def render(clip: Clip, seed: int) -> Int16[np.ndarray, " t"]:
    """The clip's samples, at a loudness of its own; every draw is keyed by the file's name."""
    rng = generator(seed, "esc50", clip.filename)
    peak = rng.uniform(0.3, 0.95)
    sound = clip.category.sound(rng)[:LENGTH]
    return np.round(sound * (32767 * peak / np.abs(sound).max())).astype(np.int16)
