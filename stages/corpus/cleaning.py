"""Faults of published annotations, by written rules, each counted per split.

| rule               | what it finds                                         | what becomes of the query    |
|--------------------|-------------------------------------------------------|------------------------------|
| bad_duration       | duration <= 1 ms, or a time that is no finite number  | dropped                      |
| reversed           | start > end (no guess which of them is wrong)         | dropped                      |
| zero_length        | end <= start + 1 ms                                   | dropped                      |
| outside_video      | the moment lies before 0 or after the video's end     | dropped                      |
| empty_caption      | no letter but spaces                                  | dropped                      |
| missing_speech     | no recording, and `corpus.speech` is recorded         | dropped                      |
| missing_features   | no imported features, or no video file                | dropped                      |
| repeated_query     | a query id that a row above has, of those left        | kept, with ~2, ~3 … behind   |
| start_before_zero  | start < 0 by more than 1 ms                           | kept, start = 0              |
| end_after_duration | end > duration by more than 1 ms                      | kept, end = duration         |
| rounded_time       | one of the last two, by less                          | kept, set to the bound       |
| caption_spaces     | newlines, doubled, leading or trailing white space    | kept, single spaces          |

The drops are tried in this order and a query counts under the first that applies, so annotated =
kept + all drops. The other counts are of kept queries, and one query may be in several. Repeated rows are
kept because published figures count them: TACoS has 2,284 among its 18,227. `corpus.strict`
refuses all of this but the last two: they are how a number and a text were written down, no fault of
theirs (232 training ends of ActivityNet lie 1e-14 s past durations like 94.28999999999999).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.common.errors import DataError
from stages.corpus.splits import SPLITS

ROUNDING = 1e-3  # seconds
ROWS_SHOWN = 50

Has = Callable[[str], bool]
Counts = dict[str, dict[str, int]]


def clean(
    table: pd.DataFrame, has_speech: Has, has_features: Has, strict: bool
) -> tuple[pd.DataFrame, Counts]:
    """The usable queries, mended, and per split how many were annotated, kept, and met by each rule."""
    dropped = _dropped(table, has_speech, has_features)
    mended = _mended(table, dropped)
    if strict:
        _refuse(table, dropped, mended)
    counts = {
        split: _count(dropped[table["split"] == split], mended[table["split"] == split])
        for split in SPLITS
        if (table["split"] == split).any()
    }
    _refuse_an_emptied_split(counts)
    kept = table[dropped == ""].copy()
    kept["start"] = kept["start"].clip(lower=0.0)
    kept["end"] = kept["end"].clip(upper=kept["duration"])
    kept["caption"] = kept["caption"].map(_single_spaces)
    times = kept.groupby("query_id").cumcount() + 1
    kept["query_id"] = kept["query_id"].where(times == 1, kept["query_id"] + "~" + times.astype(str))
    return kept.reset_index(drop=True), counts


DROPS = (
    "bad_duration", "reversed", "zero_length", "outside_video", "empty_caption", "missing_speech",
    "missing_features",
)  # fmt: skip
FAULTS_MENDED = ("repeated_query", "start_before_zero", "end_after_duration")


def _dropped(table: pd.DataFrame, has_speech: Has, has_features: Has) -> pd.Series:
    """The rule that drops each row, or an empty text."""
    start, end, duration = table["start"], table["end"], table["duration"]
    finite = np.isfinite(table[["start", "end", "duration"]].to_numpy(float)).all(axis=1)
    broken = {
        "bad_duration": ~finite | (duration <= ROUNDING),
        "reversed": start > end,
        "zero_length": end - start <= ROUNDING,
        "outside_video": (duration - start <= ROUNDING) | (end <= ROUNDING),
        "empty_caption": table["caption"].map(_single_spaces) == "",
        "missing_speech": ~_asked(table["speech_id"], has_speech),
        "missing_features": ~_asked(table["video_id"], has_features),
    }
    rule = pd.Series("", index=table.index, dtype=object)
    for name, rows in broken.items():
        rule[(rule == "") & rows] = name
    return rule


def _mended(table: pd.DataFrame, dropped: pd.Series) -> pd.DataFrame:
    """Per row and rule, whether it mends the row."""
    left = table.loc[dropped == "", "query_id"]
    early, late = -table["start"], table["end"] - table["duration"]
    return pd.DataFrame(
        {
            "repeated_query": left.duplicated().reindex(table.index, fill_value=False),
            "start_before_zero": early > ROUNDING,
            "end_after_duration": late > ROUNDING,
            "rounded_time": ((early > 0) & (early <= ROUNDING)) | ((late > 0) & (late <= ROUNDING)),
            "caption_spaces": table["caption"] != table["caption"].map(_single_spaces),
        }
    )


def _asked(ids: pd.Series, has: Has) -> pd.Series:
    answers = {name: has(name) for name in ids.unique()}
    return ids.map(answers).astype(bool)


def _single_spaces(caption: str) -> str:
    return " ".join(caption.split())


def _count(dropped: pd.Series, mended: pd.DataFrame) -> dict[str, int]:
    kept = dropped == ""
    return {
        "annotated": len(dropped),
        "kept": int(kept.sum()),
        **{rule: int((dropped == rule).sum()) for rule in DROPS},
        **{str(rule): int(met) for rule, met in mended[kept].sum().items()},
    }


def _refuse(table: pd.DataFrame, dropped: pd.Series, mended: pd.DataFrame) -> None:
    rules = dropped.copy()
    for rule in FAULTS_MENDED:
        rules[(rules == "") & mended[rule]] = rule
    faulty = table.assign(rule=rules)[rules != ""]
    if faulty.empty:
        return
    totals = [f"{rule} {(rules == rule).sum()}" for rule in sorted(set(faulty["rule"]))]
    lines = [
        f"{len(faulty)} of {len(table)} queries are faulty and corpus.strict is true "
        f"({', '.join(totals)}); mend them, or set "
        "corpus.strict to false to have them mended or dropped by the rules of stages/corpus/cleaning.py:"
    ]
    for _, row in faulty.head(ROWS_SHOWN).iterrows():
        lines.append(
            f"  {row['query_id']}: {row['rule']} (video {row['video_id']}, {row['split']}, "
            f"{row['start']} to {row['end']} of {row['duration']} s, caption {row['caption'][:40]!r})"
        )
    if len(faulty) > ROWS_SHOWN:
        lines.append(f"  … and {len(faulty) - ROWS_SHOWN} more")
    raise DataError("\n".join(lines))


def _refuse_an_emptied_split(counts: Counts) -> None:
    for split, count in counts.items():
        if not count["kept"]:
            met = {rule: count[rule] for rule in DROPS if count[rule]}
            raise DataError(
                f"none of the {count['annotated']} {split} queries can be used "
                f"({', '.join(f'{rule} {number}' for rule, number in met.items())}); "
                "see the rules in stages/corpus/cleaning.py and check the paths below `corpus` in params.yaml"
            )
