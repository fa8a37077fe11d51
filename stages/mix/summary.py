"""What the mixing came to: the metrics, and the table that is printed."""

from typing import Any

import pandas as pd

from stages.common.params.schema import Folds
from stages.mix.strength import Strength

SPLITS = ("train", "dev", "test")


def metrics_of(
    recipe: pd.DataFrame, strength: Strength, folds: Folds, clips: dict[str, list[str]]
) -> dict[str, Any]:
    """The content of metrics/stages/mix.json."""
    content: dict[str, Any] = {
        "strength": {
            "set_by": strength.set_by, "unit": strength.unit, "low": strength.low, "high": strength.high,
            "mode": strength.mode,
        },
        **_counts(recipe),
    }  # fmt: skip
    for split in SPLITS:
        rows = recipe[recipe["split"] == split]
        snr = rows["snr_db"].dropna()
        content[split] = {
            **_counts(rows),
            # In words: DVC shows no lists.
            "noise_folds": " ".join(map(str, getattr(folds, split))),
            "noise_clips": len(clips.get(split, [])),
            **{
                f"snr_db_{name}": round(float(snr.agg(name)), 2) if len(snr) else None
                for name in ("mean", "min", "max")
            },
        }
    return content


def _counts(recipe: pd.DataFrame) -> dict[str, int]:
    return {
        "queries": len(recipe),
        "noisy": int((recipe["outcome"] == "noisy").sum()),
        "scaled": int(recipe["scaled"].sum()),
        "silent_speech": int((recipe["outcome"] == "silent_speech").sum()),
        "silent_noise": int((recipe["outcome"] == "silent_noise").sum()),
        "redrawn": int(recipe["redrawn"].sum()),
    }


def print_summary(metrics: dict[str, Any]) -> None:
    """Print the metrics as a short table."""
    strength = metrics["strength"]
    print(
        f"data/mixed: {metrics['queries']} queries, {strength['unit']} {strength['low']:g} to "
        f"{strength['high']:g} ({strength['set_by']}), mode {strength['mode']}"
    )
    rows = []
    for split in SPLITS:
        part = metrics[split]
        snr = [part[f"snr_db_{name}"] for name in ("mean", "min", "max")]
        rows.append(
            [split, part["queries"], part["noisy"], part["noise_folds"], part["noise_clips"]]
            + ["-" if value is None else f"{value:.1f}" for value in snr]
        )
    columns = ["split", "queries", "noisy", "folds", "clips", "SNR mean", "min", "max"]
    print(pd.DataFrame(rows, columns=columns).to_string(index=False))
    print(
        f"scaled down so as not to clip: {metrics['scaled']}; left clean as the speech was silent: "
        f"{metrics['silent_speech']}, as the noise was: {metrics['silent_noise']}; "
        f"silent noise drawn again: {metrics['redrawn']}"
    )
