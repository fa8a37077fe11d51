"""What the transcribing came to: the metrics, and the table that is printed."""

from typing import Any

import numpy as np
import pandas as pd

from stages.common.params.asr import Asr
from stages.common.snr_bands import snr_bands
from stages.transcripts.scores import as_pairs, errors_of

SPLITS = ("train", "dev", "test")


def metrics_of(table: pd.DataFrame, asr: Asr) -> dict[str, Any]:
    """The content of metrics/stages/transcripts.json.

    `table` has a row per query: split, caption, snr_db, text, audio_seconds, cpu_seconds.
    """
    content: dict[str, Any] = {"engine": asr.engine, "weights": weights_of(asr), **_part(table)}
    for split in SPLITS:
        rows = table[table["split"] == split]
        if len(rows):
            content[split] = _part(rows)
    for split in ("dev", "test"):
        rows = table[table["split"] == split]
        bands = snr_bands(rows["snr_db"].to_numpy(np.float64))
        content[f"{split}_by_snr"] = {name: _part(rows[of_band]) for name, of_band in bands.items()}
    return content


def weights_of(asr: Asr) -> str:
    """Whose model it is: ours must not pass for somebody else's."""
    if asr.engine == "deepspeech" and asr.model is None:
        return "DeepSpeech runtime, our weights"
    return asr.model or "of the engine's package"


def _part(rows: pd.DataFrame) -> dict[str, Any]:
    seconds, spent = rows["audio_seconds"].sum(), rows["cpu_seconds"].sum()
    return {
        **errors_of(as_pairs(list(rows["caption"]), list(rows["text"]))),
        "real_time_factor": round(float(spent / seconds), 4),
    }


def print_summary(metrics: dict[str, Any]) -> None:
    """Print the metrics as a short table."""
    print(f"{metrics['queries']:,} queries, {metrics['engine']} ({metrics['weights']})")
    parts = {split: metrics[split] for split in SPLITS if split in metrics}
    parts |= {f"test, {band}": part for band, part in metrics["test_by_snr"].items()}
    columns = ["queries", "wer", "cer", "substitutions", "deletions", "insertions", "empty"]
    table = pd.DataFrame({name: {key: part[key] for key in columns} for name, part in parts.items()}).T
    print(table.to_string(float_format=lambda value: f"{value:g}"))
    print(f"{1 / max(metrics['real_time_factor'], 1e-9):.0f} times as fast as speech, on one core")
