"""The eight shapes as opacity masks, and the backdrops they move on."""

import colorsys
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, UInt8

from stages.common.seeding import generator
from stages.corpus.demo.vocabulary import COLOURS

SIDE = 128  # pixels of a frame's width and height
ANGLES = 48  # how finely a turn is divided
_OVERSAMPLING = 3
_DIGITS = 9


def _inside(shape: str, x: np.ndarray, y: np.ndarray) -> Bool[np.ndarray, "n n"]:
    """Which points of the square [-1, 1]² belong to the shape; y points up.

    Many points lie on an edge. numpy's last digits depend on the CPU, so they are rounded off: a point is
    on the same side everywhere.
    """
    x, y = x.round(_DIGITS), y.round(_DIGITS)
    radius, angle = np.sqrt(x * x + y * y).round(_DIGITS), np.arctan2(y, x).round(_DIGITS)
    match shape:
        case "ball":
            return radius < 0.9
        case "ring":
            return (radius < 0.95) & (radius > 0.55)
        case "square":
            return np.maximum(np.abs(x), np.abs(y)) < 0.75
        case "triangle":
            third = 2 * np.pi / 3
            return (radius * np.cos((angle - np.pi / 2) % third - third / 2)).round(_DIGITS) < 0.5
        case "star":
            fifth = 2 * np.pi / 5
            point = np.abs((angle - np.pi / 2 + fifth / 2) % fifth - fifth / 2)
            return (radius * (np.cos(point) + 1.9 * np.sin(point))).round(_DIGITS) < 1.0
        case "cross":
            return ((np.abs(x) < 0.3) & (np.abs(y) < 0.95)) | ((np.abs(y) < 0.3) & (np.abs(x) < 0.95))
        case "heart":
            across, height = x * 1.25, y * 1.2 + 0.15
            inner = across * across + height * height - 1
            return (inner * inner * inner - across * across * height * height * height).round(_DIGITS) < 0
        case "moon":
            return (radius < 0.95) & (((x - 0.45) * (x - 0.45) + y * y).round(_DIGITS) > 0.72 * 0.72)
    raise ValueError(shape)


@lru_cache(maxsize=20_000)
def sprite(shape: str, radius: int, angle: int) -> Float[np.ndarray, "d d"]:
    """Opacity of a shape of `radius` pixels, turned by `angle` of `ANGLES` parts of a turn."""
    width = 2 * radius + 1
    steps = (np.arange(width * _OVERSAMPLING) + 0.5) / (width * _OVERSAMPLING) * 2 - 1
    x, y = np.meshgrid(steps, -steps)
    turn = 2 * np.pi * angle / ANGLES
    x, y = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    fine = _inside(shape, x, y).reshape(width, _OVERSAMPLING, width, _OVERSAMPLING)
    return fine.mean(axis=(1, 3)).astype(np.float32)


def rgb(colour: str) -> Float[np.ndarray, "3"]:
    """A colour's red, green and blue, 0 to 255."""
    return 255 * np.array(colorsys.hsv_to_rgb(COLOURS[colour] / 360, 0.9, 0.92), dtype=np.float32)


def backdrop(scene: str, seed: int, video_id: str) -> UInt8[np.ndarray, "side side 3"]:
    """A still, nearly grey background."""
    rng = generator(seed, "backdrop", video_id)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    base = {"night": 45}.get(scene, float(rng.uniform(120, 200)))
    light = base + 25 * (0.5 - y)
    match scene:
        case "meadow":
            hills = np.sin(9 * x + rng.uniform(0, 6)).round(_DIGITS)
            light = light - 30 * (y > 0.6 + 0.05 * hills)
        case "stripes":
            light = light + 10 * (np.floor(x * 10) % 2)
        case "tiles":
            light = light + 10 * ((np.floor(x * 7) + np.floor(y * 7)) % 2)
        case "dots":
            across, down = x * 9 % 1 - 0.5, y * 9 % 1 - 0.5
            light = light - 12 * (across * across + down * down < 0.0625)
    tint = 1 + rng.uniform(-0.05, 0.05, 3)
    grain = rng.normal(0, 2, (SIDE, SIDE, 1))
    return np.clip(light[..., None] * tint + grain, 0, 255).astype(np.uint8)
