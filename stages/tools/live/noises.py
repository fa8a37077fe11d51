"""ESC-50 over what was said, by the formula of the `mix` stage; of the folds that no method has heard."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int16

from stages.common.audio import from_int16, loudness, read_audio, to_int16
from stages.common.errors import DataError
from stages.common.params.schema import Noise
from stages.common.seeding import generator
from stages.mix.esc50 import TABLE
from stages.mix.mixing import Mixed, mix, noise_part
from stages.mix.shard import SILENT_NOISE, TRIES
from stages.mix.source import open_esc50
from stages.tools.live.refusal import malformed, unknown


class Noises:
    """Clips by category. The same category gives the same part of the same clip over the same speech."""

    def __init__(self, noise: Noise, seed: int) -> None:
        esc50 = open_esc50(noise)
        self.mode, self.seed = noise.mode, seed
        table = pd.read_csv(esc50.folder / TABLE, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        # What a category is called is for the page alone; ESC-50's file names end with its number.
        named = table["category"] if "category" in table else table["filename"]
        categories = dict(zip(table["filename"], named, strict=True))
        self.clips: dict[str, list[Path]] = {}
        for name in esc50.clips("test", noise.folds.test):
            self.clips.setdefault(categories[name], []).append(esc50.path(name))

    def over(self, speech: Int16[np.ndarray, " t"], category: str, proportion: float) -> Mixed:
        """Noise over all of the speech."""
        if category not in self.clips:
            raise unknown("noise", category)
        if not 0 <= proportion <= 1:
            raise malformed(f"the proportion of noise is {proportion:g}, expected a number from 0 to 1")
        if not proportion:
            return Mixed(speech, None, False)
        rng, clips = generator(self.seed, "live", category), self.clips[category]
        for _ in range(TRIES):
            clip, place = rng.random(2)
            part, _ = noise_part(_read(clips[int(clip * len(clips))]), len(speech), place)
            if loudness(part) >= SILENT_NOISE and loudness(from_int16(speech)):
                return mix(speech, part, 0, proportion, self.mode)
        raise DataError(f"the clips of {category} are silent; choose another noise")


@lru_cache(maxsize=64)
def _read(path: Path) -> Int16[np.ndarray, " t"]:
    return to_int16(read_audio(path))[0]
