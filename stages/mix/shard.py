"""One shard of mixed queries: the unit of parallel work and of resuming."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int16

from stages.common.artifacts import write_table
from stages.common.audio import from_int16, loudness
from stages.common.seeding import generator
from stages.common.shards import Shards, shard_path, write_shard
from stages.mix.mixing import covered_part, mix, noise_part
from stages.mix.strength import Strength

# One step of int16: below it there is no speech to set the noise against.
SILENT_SPEECH = 1 / 32767
# -60 dB. ESC-50's quietest sounds lie near -47; below are its padding, and tails that would be blown up.
SILENT_NOISE = 1e-3
TRIES = 20


@dataclass(frozen=True)
class Query:
    """What mixing needs to know of a query."""

    query_id: str
    speech_id: str
    split: str


@dataclass(frozen=True)
class Job:
    """What all shards share. Paths are absolute: a worker may live in another folder."""

    seed: int
    strength: Strength
    coverage: tuple[float, float]
    clips: dict[str, list[str]]
    speech: Shards
    noise: Shards
    out: Path
    recipes: Path


@dataclass
class Recipe:
    """What was done to a query: a row of recipe.parquet. Places and lengths are in samples."""

    query_id: str
    speech_id: str
    split: str
    # clean, noisy, silent_speech or silent_noise: only in `noisy` was anything added.
    outcome: str = "clean"
    noise: str = ""
    noise_start: int = 0
    alpha: float = 0.0
    start: int = 0
    length: int = 0
    snr_db: float | None = None
    scaled: bool = False
    redrawn: int = 0


def mix_shard(job: Job, number: int, queries: list[Query]) -> None:
    """Mix the queries of one shard, unless an interrupted run has."""
    out = shard_path(job.out, number)
    if out.exists():
        return
    mixed = [mix_query(job, query) for query in queries]
    # The recipe first: where the shard is, its recipe is too.
    table = pd.DataFrame([asdict(recipe) for _, recipe in mixed]).astype({"snr_db": "float64"})
    write_table(recipe_part(job.recipes, number), table)
    write_shard(out, ((recipe.query_id, samples) for samples, recipe in mixed), "int16")


def recipe_part(folder: Path, number: int) -> Path:
    """The recipes of shard `number`."""
    return folder / f"recipe-{number:05d}.parquet"


def mix_query(job: Job, query: Query) -> tuple[Int16[np.ndarray, " t"], Recipe]:
    """Mix one query. The draws are keyed by its id, and the same whatever the strength."""
    recipe = Recipe(query.query_id, query.speech_id, query.split)
    speech = job.speech[query.speech_id]
    rng = generator(job.seed, "mix", query.query_id)
    fraction, place, strength = rng.random(3)
    low, high = job.coverage
    start, length = covered_part(len(speech), low + fraction * (high - low), place)
    alpha = job.strength.alpha(strength)
    if not length or not alpha:
        return speech, recipe
    if loudness(from_int16(speech[start : start + length])) < SILENT_SPEECH:
        recipe.outcome = "silent_speech"
        return speech, recipe
    noise = _draw_noise(job, recipe, rng, length)
    if noise is None:
        recipe.outcome = "silent_noise"
        return speech, recipe
    mixed = mix(speech, noise, start, alpha, job.strength.mode)
    recipe.outcome, recipe.alpha, recipe.start, recipe.length = "noisy", alpha, start, length
    recipe.snr_db, recipe.scaled = mixed.snr_db, mixed.scaled
    return mixed.samples, recipe


def _draw_noise(
    job: Job, recipe: Recipe, rng: np.random.Generator, length: int
) -> Float[np.ndarray, " length"] | None:
    clips = job.clips[recipe.split]
    for redrawn in range(TRIES):
        clip, place = rng.random(2)
        name = clips[int(clip * len(clips))]
        part, first = noise_part(job.noise[name], length, place)
        recipe.redrawn = redrawn
        if loudness(part) >= SILENT_NOISE:
            recipe.noise, recipe.noise_start = name, first
            return part
    return None
