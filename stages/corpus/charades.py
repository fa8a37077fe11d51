"""Charades-STA with Charades Speech, read from `corpus.root`.

`charades_sta_train.txt` and `charades_sta_test.txt` hold lines `VID start end##sentence`. The durations
are those of `charades.json` (`{VID: {"duration": seconds}}`) or, where that is missing, the column
`length` of `Charades_v1_train.csv` and `Charades_v1_test.csv`.

A recording is `<VID>_<train or test>_<k>.wav`, where k counts the lines of the video in its file, from 1:
so the annotations of Charades Speech (`Y6R7T_train_1.wav`) name them. They are synthetic (SpeechT5) and
the speaker is not in the name.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from stages.common.errors import DataError
from stages.corpus.media import Media
from stages.corpus.published import read_annotations, read_text, seconds
from stages.corpus.queries import Query

LINE = re.compile(r"(\S+) (\S+) (\S+?)##(.*)")
LENGTHS = ("Charades_v1_train.csv", "Charades_v1_test.csv")


class Charades(Media):
    """The source `corpus.name: charades`."""

    def queries(self) -> list[Query]:
        """All annotated moments of both splits."""
        return [*self._split("train"), *self._split("test")]

    def _split(self, split: str) -> Iterator[Query]:
        path = self.root / f"charades_sta_{split}.txt"
        counts: Counter[str] = Counter()
        for number, line in enumerate(read_text(path).split("\n"), 1):
            if not line.strip():
                continue
            place = f"{path}, line {number}"
            parts = LINE.fullmatch(line.rstrip("\r"))
            if parts is None:
                raise DataError(f"{place}: found {line[:80]!r}, expected `VID start end##sentence`")
            video_id, start, end, caption = parts.groups()
            if video_id not in self._durations:
                raise DataError(f"{place}: no duration of video {video_id} in {self._durations_from}")
            counts[video_id] += 1
            name = f"{video_id}_{split}_{counts[video_id]}"
            yield Query(
                query_id=name,
                video_id=video_id,
                split=split,
                duration=self._durations[video_id],
                start=seconds(start, f"{place}, start"),
                end=seconds(end, f"{place}, end"),
                caption=caption,
                speaker="",
                speech_id=name,
            )

    @cached_property
    def _durations_from(self) -> str:
        if (self.root / "charades.json").is_file():
            return str(self.root / "charades.json")
        if all((self.root / name).is_file() for name in LENGTHS):
            return f"{self.root}/{{{','.join(LENGTHS)}}}"
        raise DataError(
            f"{self.root} has no durations: expected charades.json, or {' and '.join(LENGTHS)} "
            "(of the Charades annotations)"
        )

    @cached_property
    def _durations(self) -> dict[str, float]:
        if self._durations_from.endswith(".json"):
            path = self.root / "charades.json"
            content = read_annotations(path)
            if not isinstance(content, dict) or not all(isinstance(f, dict) for f in content.values()):
                raise DataError(f"{path}: expected a JSON object of videos, {{VID: {{duration: …}}}}")
            return {
                video_id: seconds(facts.get("duration"), f"{path}, video {video_id}, duration")
                for video_id, facts in content.items()
            }
        return dict(row for name in LENGTHS for row in self._lengths(name))

    def _lengths(self, name: str) -> Iterator[tuple[str, float]]:
        path = self.root / name
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
        if not {"id", "length"} <= set(reader.fieldnames or ()):
            raise DataError(f"{path} has the columns {reader.fieldnames}, expected id and length")
        for row in reader:
            yield row["id"], seconds(row["length"], f"{path}, line {reader.line_num}, column length")
