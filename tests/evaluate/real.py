"""The published annotations of ActivityNet Captions and Charades-STA, where a checkout has them beside it."""

import json
from pathlib import Path

import numpy as np
import pytest

REAL = Path(__file__).parents[2] / "../shared/real"


def activitynet(split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Video ids [Q], moments in seconds [Q, 2], durations [Q]; moments without length left out."""
    path = REAL / "activitynet" / f"{split}.json"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    videos = json.loads(path.read_text())
    rows = [
        (video, start, end, entry["duration"])
        for video, entry in videos.items()
        for start, end in entry["timestamps"]
        if start < end
    ]
    ids, *numbers = zip(*rows, strict=True)
    start, end, duration = np.array(numbers, dtype=np.float64)
    return np.array(ids), np.stack([start, end], axis=1), duration


def charades(split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of Charades-STA, as published: many ends lie beyond the video."""
    path = REAL / "charades" / f"charades_sta_{split}.txt"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    videos = json.loads((REAL / "charades" / "charades.json").read_text())
    rows = [line.split("##")[0].split() for line in path.read_text().splitlines()]
    moments = np.array([[float(start), float(end)] for _, start, end in rows])
    return np.array([row[0] for row in rows]), moments, np.array([videos[row[0]]["duration"] for row in rows])
