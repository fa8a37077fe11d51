"""Speech as a page can play it, and its spectrogram as a picture."""

from pathlib import Path

import matplotlib
import numpy as np
import soundfile
from jaxtyping import Float, Int16
from PIL import Image

from stages.common.audio import SAMPLE_RATE

# So few are told apart by the eye as well, and half the bytes of 256.
SHADES = 32
_PALETTE = (matplotlib.colormaps["magma"](np.linspace(0, 1, SHADES), bytes=True)[:, :3]).tobytes()
# Below is the floor between words, above are single cells.
_DARKEST, _BRIGHTEST = 5, 99.8


def write_speech(path: Path, samples: Int16[np.ndarray, " t"]) -> None:
    """The samples as MP3, which every browser plays."""
    soundfile.write(path, samples, SAMPLE_RATE, format="MP3", subtype="MPEG_LAYER_III")


def write_spectrogram(path: Path, mel: Float[np.ndarray, "frames bands"]) -> None:
    """A pixel per frame and band, low bands at the bottom, as bright as they are loud in this query."""
    values = mel.astype(np.float32)
    low, high = np.percentile(values, [_DARKEST, _BRIGHTEST])
    shades = np.clip((values - low) / max(high - low, 1e-6) * SHADES, 0, SHADES - 1).astype(np.uint8)
    picture = Image.fromarray(shades.T[::-1])
    picture.putpalette(_PALETTE)
    picture.save(path, optimize=True)
