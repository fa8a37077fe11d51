"""Clips of one colour each, whose brightness tells the second, and their table."""

import csv
from pathlib import Path

import av
import numpy as np

from stages.common.params import load_params
from stages.common.params.schema import Corpus
from tests.paths import ROOT

CLIP_SECONDS = 6
SPLITS = ("train",) * 8 + ("dev",) * 3 + ("test",) * 4


def colour(number: int, second: float) -> tuple[int, int, int]:
    """What clip `number` shows in a second; second 0 is the darkest."""
    level = 40 + 30 * int(second)
    return (level, 12 * number, 250 - 12 * number)


def write_clip(path: Path, number: int, seconds: float = CLIP_SECONDS, rate: int = 8, side: int = 64) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
        for k in range(round(seconds * rate)):
            picture = np.full((side, side, 3), colour(number, k / rate), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def write_clips(root: Path, rows: list[dict[str, str]] | None = None) -> list[dict[str, str]]:
    """Fifteen clips with two captions each, and `clips.csv`."""
    rows = rows or [
        {"clip": f"c{number:02d}", "caption": f"{word} number {number}", "split": split,
         "source": f"film{number}", "category": "ab"[number % 2]}
        for number, split in enumerate(SPLITS) for word in ("clip", "thing")
    ]  # fmt: skip
    for name in dict.fromkeys(row["clip"] for row in rows):
        path = root / "videos" / f"{name}.mp4"
        if not path.exists():
            write_clip(path, int(name[1:]))
    with (root / "clips.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def corpus(root: Path, joined: dict[str, object] | None = None, **changes: object) -> Corpus:
    content = load_params(ROOT / "params.yaml").corpus.model_dump()
    content["joined"] |= {"rounds": 1, "picture": [64, 64], **(joined or {})}
    content |= {"name": "joined", "root": str(root), "speech": "tts", "features": "pixels", **changes}
    for key in ("seconds",):
        content["demo"][key] = list(content["demo"][key])
    for key in ("clips_per_video", "picture"):
        content["joined"][key] = list(content["joined"][key])
    return Corpus.model_validate(content)
