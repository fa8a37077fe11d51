"""The default video features: a classical descriptor of the pixels, a vector for each second.

Each picture is split by hue into twelve colour regions. What a region looks like (area, place, how its
pixels lie about its centre) and how it changes from one picture to the next (motion, growth, turning,
flicker) is averaged over a second. The three largest regions are given once more, by size, with their hue:
what is alike in all colours then stands in one place. Global histograms describe what has no strong
colour. It runs on any video at some thousand pictures per second and core.

The numbers are the same to the last bit on every x86-64: they come from sums, products, quotients and roots
alone, which IEEE 754 rounds in one way. numpy's logarithms, powers, complex products and matrix products
are other on a CPU with AVX-512 than on one without.
"""

from collections.abc import Iterable
from itertools import islice

import numpy as np
from jaxtyping import Float, Int, UInt8

from stages.corpus.video_files import PICTURE_SIDE, PICTURES_PER_SECOND

HUES = 12
LARGEST = 3  # regions described once more, by size and not by hue
# A pixel belongs to a colour region when its channels differ by this much (of 255).
LEAST_CHROMA = 70
HARMONICS = (2, 3, 4, 5, 6)
_FACTS = 6 + 2 * len(HARMONICS)  # area, x, y, spread, ring, skew, and the harmonics' two parts
_CELLS = 4
# What a disc in the middle of the picture has, and how far other shapes differ from it: a region's look
# is told from the usual one in even steps, and a hue that is absent is all zeros.
_USUAL_LOOK = np.array([0.5, 0.5, 0.18, 0.94, 1.15, 0, 0, 0, 0, 0])
_LOOK_STEP = np.array([0.3, 0.3, 0.07, 0.02, 0.05, 0.16, 0.22, 0.3, 0.4, 0.5])
PER_REGION = 13 + len(_USUAL_LOOK)
WIDTH = HUES * PER_REGION + LARGEST * (PER_REGION + HUES) + 8 + 8 + _CELLS * _CELLS
_BLOCK_SECONDS = 16  # bounds the memory, whatever the video's length


def describe(pictures: Iterable[UInt8[np.ndarray, "h w 3"]]) -> Float[np.ndarray, "seconds width"]:
    """One row of `WIDTH` numbers per second of video."""
    stream = iter(pictures)
    rows, last = [], None
    while block := list(islice(stream, _BLOCK_SECONDS * PICTURES_PER_SECOND)):
        stack = np.stack(block)
        rows.append(_describe_block(stack, stack[:1] if last is None else last))
        last = stack[-1:]
    return np.concatenate(rows)


def _describe_block(
    block: UInt8[np.ndarray, "t h w 3"], before: UInt8[np.ndarray, "1 h w 3"]
) -> Float[np.ndarray, "seconds width"]:
    frames = np.concatenate([before, block])
    regions = _per_second(_described(_regions(frames)))
    parts = [regions.reshape(len(regions), -1), _largest(regions), _per_second(_whole_picture(frames))]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _per_second(per_picture: Float[np.ndarray, "t *d"]) -> Float[np.ndarray, "seconds *d"]:
    starts = np.arange(0, len(per_picture), PICTURES_PER_SECOND)
    counts = np.diff([*starts, len(per_picture)])
    totals = np.add.reduceat(per_picture, starts, axis=0)
    return totals / counts.reshape(-1, *[1] * (per_picture.ndim - 1))


def _largest(regions: Float[np.ndarray, "seconds hues d"]) -> Float[np.ndarray, "seconds rest"]:
    """The largest regions in falling order, each with its hue: what is alike in all colours, in one place."""
    order = np.argsort(-regions[:, :, 12], axis=1, kind="stable")[:, :LARGEST]
    chosen = np.take_along_axis(regions, order[:, :, None], axis=1)
    hue = np.eye(HUES)[order] * (chosen[:, :, :1] > 0)
    return np.concatenate([chosen, hue], axis=2).reshape(len(regions), -1)


def _hue(
    red: np.ndarray, green: np.ndarray, blue: np.ndarray, top: np.ndarray, chroma: np.ndarray
) -> Int[np.ndarray, " n"]:
    sixth = np.where(
        top == red,
        (green - blue) / chroma,
        np.where(top == green, 2 + (blue - red) / chroma, 4 + (red - green) / chroma),
    )
    return np.round(sixth * HUES / 6).astype(np.int64) % HUES


def _regions(frames: UInt8[np.ndarray, "t h w 3"]) -> Float[np.ndarray, "t hues facts"]:
    """Shape statistics of each colour region: invariant to where it is and how it is turned.

    Behind the plain ones stand the harmonics' real parts, then their imaginary parts.
    """
    count = len(frames)
    # Channel by channel: a reduction over an axis of three is many times slower.
    red, green, blue = frames[..., 0], frames[..., 1], frames[..., 2]
    top = np.maximum(np.maximum(red, green), blue)
    low = np.minimum(np.minimum(red, green), blue)
    frame, y, x = np.nonzero(top - low >= LEAST_CHROMA)
    pixels = frames[frame, y, x].astype(np.float32)
    peak = pixels.max(axis=1)
    hue = _hue(pixels[:, 0], pixels[:, 1], pixels[:, 2], peak, peak - pixels.min(axis=1))
    key = frame * HUES + hue

    def total(weights: np.ndarray | None = None) -> Float[np.ndarray, " cells"]:
        return np.bincount(key, weights, count * HUES).astype(np.float64)

    area = total()
    some = np.maximum(area, 1)
    unit_x, unit_y = (x + 0.5) / PICTURE_SIDE, (y + 0.5) / PICTURE_SIDE
    centre_x, centre_y = total(unit_x) / some, total(unit_y) / some
    dx, dy = unit_x - centre_x[key], unit_y - centre_y[key]
    square = dx * dx + dy * dy
    spread = np.sqrt(total(square) / some)
    # Scaled so that the values do not depend on the size of the region; far specks must not outweigh it.
    radius = np.sqrt(square) / np.maximum(spread[key], 1e-6)
    near = np.minimum(radius, 2.5)
    scale = near / np.maximum(np.sqrt(square), 1e-9)
    # The powers of z = x + iy, which harmonics are means of.
    x_part, y_part = dx * scale, dy * scale
    columns = [
        area / PICTURE_SIDE**2, centre_x, centre_y,
        np.minimum(spread * spread * PICTURE_SIDE**2 / some, 3), total(near) / some,
        total(near * near * near) / some,
    ]  # fmt: skip
    real, imaginary = x_part, y_part
    imaginaries = []
    for _ in HARMONICS:
        real, imaginary = real * x_part - imaginary * y_part, real * y_part + imaginary * x_part
        columns.append(total(real) / some)
        imaginaries.append(total(imaginary) / some)
    return np.stack([*columns, *imaginaries], axis=1).reshape(count, HUES, _FACTS)


def _described(facts: Float[np.ndarray, "t1 hues facts"]) -> Float[np.ndarray, "t hues d"]:
    """Each picture's regions: how they look, and what changed since the picture before."""
    plain, real, imaginary = np.split(facts, [6, 6 + len(HARMONICS)], axis=-1)
    now, before = plain[1:], plain[:-1]
    area = now[..., 0]
    least = 4 / PICTURE_SIDE**2
    here, was_here = area > least, before[..., 0] > least
    both = here & was_here
    steps = [np.where(both, now[..., axis] - before[..., axis], 0) for axis in (1, 2)]
    # A shape that leaves on one side and comes in on the other has not jumped.
    step_x, step_y = (np.where(np.abs(step) < 0.3, step, 0) for step in steps)
    large, small = np.maximum(area, 1e-4), np.maximum(before[..., 0], 1e-4)
    # To the second order the logarithm of their ratio.
    growth = np.where(both, 2 * (large - small) / (large + small), 0)
    turns = _length(real[1:] - real[:-1], imaginary[1:] - imaginary[:-1])
    turning = np.where(both, turns.sum(axis=-1), 0)
    look = np.concatenate([now[..., 1:], _length(real[1:], imaginary[1:])], axis=-1)
    moves = [
        here, np.where(here, np.sqrt(area) * 20 - 3.5, 0), step_x * 20, step_y * 20,
        np.abs(step_x) * 20, np.abs(step_y) * 20,
        np.clip(growth, -1, 1) * 10, np.clip(np.abs(growth), 0, 1) * 10, turning, here != was_here,
        step_x * step_x * 200, step_y * step_y * 200, area * 10,
    ]  # fmt: skip
    look = np.where(here[..., None], (look - _USUAL_LOOK) / _LOOK_STEP, 0)
    return np.concatenate([np.stack(moves, axis=-1), look], axis=-1)


def _length(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sqrt(x * x + y * y)


def _whole_picture(frames: UInt8[np.ndarray, "t1 h w 3"]) -> Float[np.ndarray, "t rest"]:
    """Histograms of light and of edge directions, and the change in each cell of a grid."""
    light = frames.sum(axis=3, dtype=np.uint16) * np.float32(1 / 765)
    now = light[1:]
    count = len(now)
    levels = _histograms(np.minimum(now * 8, 7).astype(np.int64), np.ones_like(now))
    down = now[:, 2:, 1:-1] - now[:, :-2, 1:-1]
    across = now[:, 1:-1, 2:] - now[:, 1:-1, :-2]
    # Eight directions of half a turn from signs and comparisons alone; arctan2 costs ten times as much.
    steep = np.abs(down) > np.abs(across)
    middling = 2 * np.minimum(np.abs(down), np.abs(across)) > np.maximum(np.abs(down), np.abs(across))
    direction = 4 * (down * across > 0) + 2 * steep + middling
    edges = _histograms(direction, np.abs(down) + np.abs(across))
    change = np.abs(now - light[:-1]).reshape(count, _CELLS, PICTURE_SIDE // _CELLS, _CELLS, -1)
    area = PICTURE_SIDE**2
    return np.concatenate(
        [levels / area, edges / area * 20, change.mean(axis=(2, 4)).reshape(count, -1) * 20], axis=1
    )


def _histograms(
    bins: Int[np.ndarray, "t h w"], weights: Float[np.ndarray, "t h w"]
) -> Float[np.ndarray, "t 8"]:
    count = len(bins)
    keys = bins + 8 * np.arange(count)[:, None, None]
    return np.bincount(keys.ravel(), weights.ravel(), count * 8).reshape(count, 8)
