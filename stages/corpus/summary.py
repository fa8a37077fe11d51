"""What the corpus holds, in numbers, in a table and in three examples."""

from typing import Any

import numpy as np
import pandas as pd

from stages.common.shards import Shards


def describe_corpus(table: pd.DataFrame, problems: dict[str, Any], speech: Shards) -> dict[str, Any]:
    """The content of metrics/stages/corpus.json."""
    seconds = _seconds(table, speech)
    splits = {}
    for split in ("train", "dev", "test"):
        rows = table[table["split"] == split]
        share = (rows["end"] - rows["start"]) / rows["duration"]
        splits[split] = {
            "queries": len(rows),
            "videos": int(rows["video_id"].nunique()),
            "video_seconds_mean": _mean(rows.drop_duplicates("video_id")["duration"]),
            "moment_seconds_mean": _mean(rows["end"] - rows["start"]),
            "moment_share_mean": _mean(share, 3),
            "words_mean": _mean(np.array([len(caption.split()) for caption in rows["caption"]])),
            "speech_seconds_mean": _mean(seconds[rows.index]),
            "speakers": int(rows["speaker"].replace("", None).nunique()),
        }
    words = table["caption"].str.lower().str.findall(r"[\w']+").explode()
    return {
        "queries": len(table),
        "videos": int(table["video_id"].nunique()),
        "speech_hours": round(float(seconds.sum()) / 3600, 2),
        "vocabulary": int(words.nunique()),
        **splits,
        "problems": problems,
    }


def _seconds(table: pd.DataFrame, speech: Shards) -> np.ndarray:
    rate = speech.manifest["sample_rate"]
    return np.array([speech.length_of(speech_id) / rate for speech_id in table["speech_id"]])


def _mean(values: "pd.Series[float] | np.ndarray", digits: int = 2) -> float | None:
    return round(float(np.mean(values)), digits) if len(values) else None


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def print_corpus(facts: dict[str, Any], table: pd.DataFrame) -> None:
    """The table and the examples, on stdout."""
    splits = ("train", "dev", "test")
    shown = pd.DataFrame(
        {split: {key: _shown(facts[split][key]) for key in facts[split]} for split in splits}
    )
    print(shown.to_string())
    print(
        f"{facts['queries']:,} queries of {facts['videos']:,} videos, "
        f"{facts['speech_hours']} hours of speech, {facts['vocabulary']:,} words"
    )
    for place, counts in facts["problems"].items():
        found = {rule: count for rule, count in counts.items() if count and rule not in ("annotated", "kept")}
        if found:
            print(f"  {place}: " + ", ".join(f"{count} {rule}" for rule, count in found.items()))
    for _, row in table.iloc[:: max(1, len(table) // 3)].head(3).iterrows():
        print(f"  {row['video_id']}  {row['start']:.2f}-{row['end']:.2f} s  {row['caption']!r}")
