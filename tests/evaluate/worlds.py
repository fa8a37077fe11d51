"""Made-up queries and distributions."""

import numpy as np
import pandas as pd


def queries(count: int, seed: int = 0, per_video: int = 4) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    video = np.arange(count) // per_video
    duration = draw.uniform(20, 200, video.max() + 1)[video]
    start = draw.uniform(0, 0.8, count)
    end = start + draw.uniform(0.05, 0.2, count)
    return pd.DataFrame(
        {
            "query_id": [f"q{number:04d}" for number in range(count)],
            "video_id": [f"v{number:03d}" for number in video],
            "duration": duration,
            "start": start * duration,
            "end": end * duration,
        }
    )


def distributions(count: int, frames: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    p_start, p_end = np.random.default_rng(seed).dirichlet(np.full(frames, 0.3), (2, count))
    return p_start, p_end


def certain(table: pd.DataFrame, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """All probability on the cells where the true moment starts and ends."""
    first = np.floor(table["start"] / table["duration"] * frames + 1e-9).astype(int)
    last = np.ceil(table["end"] / table["duration"] * frames - 1e-9).astype(int) - 1
    return np.eye(frames)[first], np.eye(frames)[last]
