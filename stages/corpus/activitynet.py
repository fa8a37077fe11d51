"""ActivityNet Captions with ActivityNet Speech, read from `corpus.root`.

The annotations come in two published shapes; per split, the first of these files is read:

| split | rows of VGCL (with, without audio key)  | ActivityNet Captions |
|-------|-----------------------------------------|----------------------|
| train | new_train_data.json, train_data.json    | train.json           |
| val_1 | new_val_data.json, val_data.json        | val_1.json           |
| val_2 | new_test_data.json, test_data.json      | val_2.json           |

A row is `[vid, duration, [start, end], sentence, audio key]`, and Captions are
`{vid: {duration, timestamps, sentences}}`. `corpus.test_annotations` is the test split; the other val
file is not used, because it annotates the same videos. VGCL's repository lacks the train rows, and
`train.json` serves instead: both shapes give the same queries.

An audio key is `<vid without v_>_<train, val_1 or val_2>_<k>.wav`, where k counts the sentences of the
video in its file, from 1. It is not said who of the 58 readers speaks.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.common.errors import DataError
from stages.common.params.schema import Corpus
from stages.corpus.media import Media
from stages.corpus.published import read_annotations, seconds
from stages.corpus.queries import Query

FILES = {
    "train": ("new_train_data.json", "train_data.json", "train.json"),
    "val_1": ("new_val_data.json", "val_data.json", "val_1.json"),
    "val_2": ("new_test_data.json", "test_data.json", "val_2.json"),
}


class ActivityNet(Media):
    """The source `corpus.name: activitynet`."""

    def __init__(self, corpus: Corpus):
        super().__init__(corpus)
        self.test_annotations = corpus.test_annotations

    def queries(self) -> list[Query]:
        """All annotated moments of train and of the chosen test annotations."""
        return [*self._split("train", "train"), *self._split(self.test_annotations, "test")]

    def _split(self, tag: str, split: str) -> Iterator[Query]:
        path = self._annotations(tag)
        counts: Counter[str] = Counter()
        for place, row in _rows(read_annotations(path), path):
            video_id, duration, (start, end), caption, *audio_key = row
            counts[video_id] += 1
            key = audio_key[0] if audio_key else f"{video_id.removeprefix('v_')}_{tag}_{counts[video_id]}"
            name = key.removesuffix(".wav")
            yield Query(
                query_id=name,
                video_id=video_id,
                split=split,
                duration=seconds(duration, f"{place}, duration"),
                start=seconds(start, f"{place}, start"),
                end=seconds(end, f"{place}, end"),
                caption=caption,
                speaker="",
                speech_id=name,
            )

    def _annotations(self, tag: str) -> Path:
        for name in FILES[tag]:
            if (self.root / name).is_file():
                return self.root / name
        hint = "; VGCL's repository lacks the train rows: take train.json of ActivityNet Captions"
        raise DataError(
            f"{self.root} has no annotations of {tag}: expected {', '.join(FILES[tag][:-1])} "
            f"or {FILES[tag][-1]}{hint if tag == 'train' else ''}"
        )


def _rows(content: Any, path: Path) -> Iterator[tuple[str, list[Any]]]:
    """Both shapes as rows, each with the words that say where it stands."""
    if isinstance(content, list):
        for number, row in enumerate(content, 1):
            yield f"{path}, row {number}", _checked_row(row, f"{path}, row {number}")
    elif isinstance(content, dict):
        for video_id, video in content.items():
            place = f"{path}, video {video_id}"
            for moment, sentence in _sentences(video, place):
                yield place, _checked_row([video_id, video["duration"], moment, sentence], place)
    else:
        raise DataError(f"{path} holds {type(content).__name__}, expected a JSON list or object")


def _checked_row(row: Any, place: str) -> list[Any]:
    well_formed = (
        isinstance(row, list)
        and len(row) in (4, 5)
        and isinstance(row[0], str)
        and isinstance(row[2], list)
        and len(row[2]) == 2
        and all(isinstance(text, str) for text in row[3:])
    )
    if not well_formed:
        raise DataError(
            f"{place}: found {str(row)[:80]}, expected [vid, duration, [start, end], sentence, audio key]"
        )
    return list(row)


def _sentences(video: Any, place: str) -> Iterator[tuple[Any, Any]]:
    well_formed = (
        isinstance(video, dict)
        and "duration" in video
        and isinstance(video.get("timestamps"), list)
        and isinstance(video.get("sentences"), list)
    )
    if not well_formed:
        raise DataError(f"{place}: found {str(video)[:80]}, expected duration, timestamps and sentences")
    moments, sentences = video["timestamps"], video["sentences"]
    if len(moments) != len(sentences):
        raise DataError(
            f"{place}: {len(moments)} timestamps for {len(sentences)} sentences; download the file again"
        )
    return zip(moments, sentences, strict=True)
