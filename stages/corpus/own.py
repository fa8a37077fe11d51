"""Your own corpus: a table, a folder of speech, and a folder of videos or features, in `corpus.root`.

The table is `queries.csv` (with a header) or `queries.jsonl` (an object per line), in UTF-8:

    video,start,end,caption,split,duration,speech,speaker
    kitchen/0007,12.5,17,"A man opens the door, then waves.",train,63.2,kitchen/0007_a.wav,anna
    kitchen/0007,30,41.75,He sits down.,train,63.2,kitchen/0007_b.wav,ben
    garden-2,0,9.1,Two dogs run.,test,20,,

    {"video": "kitchen/0007", "start": 12.5, "end": 17, "caption": "A man opens the door, then waves."}

| column   |          | what it holds                                                                      |
|----------|----------|------------------------------------------------------------------------------------|
| video    | required | the video file relative to the videos folder, with or without suffix; its features |
|          |          | have that name without suffix                                                      |
| start    | required | seconds                                                                            |
| end      | required | seconds                                                                            |
| caption  | required | what is said                                                                       |
| split    | optional | train, test or dev, in all rows or in none. Without: test is drawn by video        |
|          |          | (`corpus.test_fraction`). Without dev rows: `corpus.dev_fraction` of train    |
| duration | optional | seconds; without: read from the video file                                         |
| speech   | optional | the recording relative to the speech folder; needed for `corpus.speech: recorded`  |
| speaker  | optional | who speaks                                                                         |

An optional cell may be empty. A query's id is the video and a hash of its row: moving the row changes
nothing, editing it makes it another query.
"""

import posixpath
from pathlib import Path

from stages.common.artifacts import fingerprint
from stages.common.errors import DataError
from stages.common.params.schema import Corpus
from stages.corpus.media import VIDEO, Media
from stages.corpus.own_table import Row, find_table, read_rows
from stages.corpus.published import seconds, stays_inside
from stages.corpus.queries import Query
from stages.corpus.splits import SPLITS, draw
from stages.corpus.video_files import duration_of


class Own(Media):
    """The source `corpus.name: own`."""

    def __init__(self, corpus: Corpus, seed: int):
        super().__init__(corpus)
        self.seed = seed
        self.test_fraction = corpus.test_fraction

    def queries(self) -> list[Query]:
        """All rows of the table, in its order."""
        path = find_table(self.root)
        rows = read_rows(path)
        if self.recorded and not any("speech" in row.cells for row in rows):
            raise DataError(f"{path} names no recordings; add a column `speech`, or set corpus.speech to tts")
        videos = [_video_id(row) for row in rows]
        durations = self._durations(rows, videos)
        splits = self._splits(rows, videos, path)
        return [
            self._query(row, video_id, splits[video_id], durations[video_id])
            for row, video_id in zip(rows, videos, strict=True)
        ]

    def recording(self, speech_id: str) -> Path | None:
        """The file with the speech, or None where there is none."""
        return self.speech_files.at(speech_id)

    def video(self, video_id: str) -> Path | None:
        """The video file, or None where there is none."""
        return self.video_files.at(video_id)

    def _query(self, row: Row, video_id: str, split: str, duration: float) -> Query:
        start = seconds(row.cells["start"], row.column("start"))
        end = seconds(row.cells["end"], row.column("end"))
        caption, speaker = row.text("caption"), row.text("speaker").strip()
        speech = _tidy(row, "speech") if "speech" in row.cells else ""
        query_id = f"{video_id}:{fingerprint(start, end, caption, speaker, speech)[:8]}"
        # What tts will speak has a name of its own: two captions may name the same missing file.
        recorded = speech and self.recording(speech) is not None
        speech_id = speech if recorded else query_id
        return Query(query_id, video_id, split, duration, start, end, caption, speaker, speech_id)

    def _durations(self, rows: list[Row], videos: list[str]) -> dict[str, float]:
        durations: dict[str, float] = {}
        for row, video_id in zip(rows, videos, strict=True):
            if "duration" not in row.cells:
                continue
            duration = seconds(row.cells["duration"], row.column("duration"))
            if durations.setdefault(video_id, duration) != duration:
                raise DataError(
                    f"{row.column('duration')}: found {duration}, but a row above gives video "
                    f"{video_id!r} {durations[video_id]} s"
                )
        for row, video_id in zip(rows, videos, strict=True):
            if video_id not in durations:
                durations[video_id] = self._length_of(video_id, row)
        return durations

    def _length_of(self, video_id: str, row: Row) -> float:
        path = self.video(video_id)
        if path is None:
            raise DataError(
                f"{row.column('duration')} is empty and {self.video_files.folder} has no video file "
                f"{video_id!r} to read it from; fill in the column or add the file"
            )
        return duration_of(path)

    def _splits(self, rows: list[Row], videos: list[str], path: Path) -> dict[str, str]:
        given = [row for row in rows if "split" in row.cells]
        if not given:
            test = draw(videos, self.test_fraction, self.seed, "test")
            return {video_id: "test" if video_id in test else "train" for video_id in videos}
        splits: dict[str, str] = {}
        for row, video_id in zip(rows, videos, strict=True):
            split = row.text("split").strip()
            if split not in SPLITS:
                raise DataError(
                    f"{row.column('split')}: found {split!r}, expected {', '.join(SPLITS)} in every row, "
                    "or the column empty in all"
                )
            if splits.setdefault(video_id, split) != split:
                raise DataError(
                    f"{row.column('split')}: found {split}, but a row above puts video {video_id!r} "
                    f"into {splits[video_id]}; a video has one split"
                )
        for split in ("train", "test"):
            if split not in splits.values():
                raise DataError(f"{path}, column `split`: no row is {split}; both train and test are needed")
        return splits


def _video_id(row: Row) -> str:
    # With and without suffix is one video, which must not stand in two splits.
    name = _tidy(row, "video")
    stem, suffix = posixpath.splitext(name)
    return stem if suffix.lower() in VIDEO else name


def _tidy(row: Row, column: str) -> str:
    """A file name in one spelling (`a//b` is `a/b`); what leaves the folder is refused."""
    name = row.text(column).strip()
    if not stays_inside(name):
        raise DataError(
            f"{row.column(column)}: found {name!r}, expected a file name relative to the {column} folder, "
            "without `..`"
        )
    return posixpath.normpath(name)
