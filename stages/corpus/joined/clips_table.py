"""The table of captioned clips in `corpus.root`.

`clips.csv` (with a header, a row per caption), `clips.jsonl` (a clip per line) or `clips.json` (a list of
such clips), in UTF-8:

    clip,caption,split,source,category,speech,speaker
    beach/0012,a dog runs into the sea,train,film-7,animals,beach/0012_a.wav,anna
    beach/0012,a wet dog,train,film-7,animals,,

    {"clip": "beach/0012", "captions": ["a dog runs into the sea", "a wet dog"], "source": "film-7"}

| column   |          | what it holds                                                                     |
|----------|----------|-----------------------------------------------------------------------------------|
| clip     | required | the video file relative to the videos folder, with or without suffix              |
| caption  | required | what is seen; in JSON a list, `captions`, may stand instead, or beside it. The    |
|          |          | first one is the query of test                                                    |
| split    | optional | train, test or dev, for all clips or for none. Without: test is drawn by source   |
|          |          | (`corpus.test_fraction`). Without dev: `corpus.dev_fraction` of train's sources   |
| source   | optional | what the clip was cut from: clips of one source are in one split, and never in    |
|          |          | one video                                                                         |
| category | optional | what kind of clip it is, for `corpus.joined.same_category`                        |
| speech   | optional | csv alone: the recording of this caption, relative to the speech folder           |
| speaker  | optional | csv alone: who speaks                                                             |

`id` may stand for `clip`, `sentence` for `caption`; `duration` is not used. MSR-VTT's own files are read too:
`MSRVTT_data.json`, or `train_val_videodatainfo.json` and `test_videodatainfo.json`.
"""

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stages.common.errors import DataError
from stages.corpus.published import read_annotations, read_text, stays_inside
from stages.corpus.splits import SPLITS
from stages.corpus.tables import csv_rows

TABLES = ("clips.csv", "clips.jsonl", "clips.json")
MSRVTT = ("MSRVTT_data.json", "train_val_videodatainfo.json", "test_videodatainfo.json")
_SAME = {"id": "clip", "sentence": "caption"}
_COLUMNS = ("clip", "caption", "captions", "split", "source", "category", "speech", "speaker", "duration")
_MSRVTT_SPLITS = {"train": "train", "validate": "dev", "test": "test"}


@dataclass(frozen=True)
class Caption:
    """What is said of a clip, and who has read it aloud, if anybody has."""

    text: str
    speech: str = ""
    speaker: str = ""


@dataclass
class Clip:
    """A clip as its table has it; `place` says where it stands."""

    name: str
    place: str
    split: str = ""
    source: str = ""
    category: str = ""
    captions: list[Caption] = field(default_factory=list)


def read_clips(root: Path) -> list[Clip]:
    """All clips of the folder's table, in its order, each with a caption and a source."""
    if not root.is_dir():
        raise DataError(f"corpus.root: the folder {root} does not exist; correct it in params.yaml")
    tables = [name for name in TABLES if (root / name).is_file()]
    published = [name for name in MSRVTT if (root / name).is_file()]
    if len(tables) > 1 or (tables and published):
        raise DataError(f"{root} holds {' and '.join([*tables, *published])}; keep one table of clips")
    if not tables and not published:
        raise DataError(
            f"{root} holds no table of clips; expected {', '.join(TABLES)}, or MSR-VTT's {MSRVTT[0]}; "
            "stages/corpus/joined/clips_table.py shows an example"
        )
    clips: dict[str, Clip] = {}
    for name in tables or published:
        for cells, place in _cells(root / name):
            _add(clips, cells, place)
    if not clips:
        raise DataError(f"{root / (tables or published)[0]} holds no clip; add a row per caption")
    for clip in clips.values():
        if not clip.captions:
            raise DataError(
                f"{clip.place}: clip {clip.name!r} has no caption; write what it shows, or remove it"
            )
        # A clip of no known source is the only one of its own.
        clip.source = clip.source or clip.name
    return list(clips.values())


def _cells(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Each row of a table, by column, and where it stands."""
    if path.suffix == ".csv":
        yield from csv_rows(path, _check_columns, _SAME)
    elif path.suffix == ".jsonl":
        yield from _jsonl(path)
    else:
        content = read_annotations(path)
        if isinstance(content, dict) and {"videos", "sentences"} <= set(content):
            yield from _msrvtt(content, path)
        elif isinstance(content, list):
            yield from ((_object(item, f"{path}, clip {number}"), f"{path}, clip {number}")
                        for number, item in enumerate(content, 1))  # fmt: skip
        else:
            raise DataError(f"{path}: expected a list of clips, or MSR-VTT's object of videos and sentences")


def _jsonl(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            place = f"{path}, line {number}"
            try:
                content = json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(f"{place} is no valid JSON ({error.msg})") from None
            yield _object(content, place), place


def _object(content: Any, place: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise DataError(f"{place}: found {str(content)[:80]}, expected a JSON object")
    cells = {_SAME.get(name) or name: value for name, value in content.items()}
    if len(cells) < len(content):
        raise DataError(f"{place}: a column stands there under both of its names; keep one")
    _check_columns(list(cells), place)
    return cells


def _check_columns(columns: list[str], place: str) -> None:
    for column in columns:
        if column not in _COLUMNS:
            near = difflib.get_close_matches(column, _COLUMNS, n=1, cutoff=0)[0]
            raise DataError(
                f"{place}: unknown column `{column}`, the nearest known one is `{near}`; "
                f"the columns are {', '.join(_COLUMNS)}"
            )
        if columns.count(column) > 1:
            raise DataError(f"{place}: column `{column}` stands there twice; keep one")
    if "clip" not in columns or not {"caption", "captions"} & set(columns):
        raise DataError(f"{place}: required are the columns `clip` and `caption` (in JSON, or `captions`)")


def _msrvtt(content: dict[str, Any], path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        for video in content["videos"]:
            place = f"{path}, video {video['video_id']}"
            split = _MSRVTT_SPLITS.get(video["split"], video["split"])
            yield {"clip": video["video_id"], "captions": [], "split": split, "source": video.get("url", ""),
                   "category": str(video.get("category", ""))}, place  # fmt: skip
        for sentence in content["sentences"]:
            place = f"{path}, sentence {sentence.get('sen_id')}"
            yield {"clip": sentence["video_id"], "caption": sentence["caption"]}, place
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not as MSR-VTT has it ({type(error).__name__}: {error})") from None


def _add(clips: dict[str, Clip], cells: dict[str, Any], place: str) -> None:
    """Put a row's captions to those of its clip."""
    name = _text(cells, "clip", place).strip()
    if not stays_inside(name):
        raise DataError(
            f"{place}, column `clip`: found {name!r}, expected a file name relative to the videos folder, "
            "without `..`"
        )
    clip = clips.setdefault(name, Clip(name, place))
    for column in ("split", "source", "category"):
        value, known = _text(cells, column, place).strip(), getattr(clip, column)
        if value and known and value != known:
            raise DataError(
                f"{place}, column `{column}`: found {value!r}, but a row above gives clip {name!r} {known!r}"
            )
        setattr(clip, column, value or known)
    if clip.split and clip.split not in SPLITS:
        raise DataError(f"{place}, column `split`: found {clip.split!r}, expected {', '.join(SPLITS)}")
    told = {caption.text for caption in clip.captions}
    for caption in _captions(cells, place):
        if caption.text not in told:
            clip.captions.append(caption)
            told.add(caption.text)


def _captions(cells: dict[str, Any], place: str) -> Iterable[Caption]:
    listed = cells.get("captions") or []
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise DataError(f"{place}, column `captions`: found {listed!r:.80}, expected a list of texts")
    first = Caption(
        _text(cells, "caption", place),
        _text(cells, "speech", place).strip(),
        _text(cells, "speaker", place).strip(),
    )
    captions = [first, *(Caption(text) for text in listed)]
    single = (Caption(" ".join(c.text.split()), c.speech, c.speaker) for c in captions)
    return (caption for caption in single if caption.text)


def _text(cells: dict[str, Any], column: str, place: str) -> str:
    value = cells.get(column)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise DataError(f"{place}, column `{column}`: found {value!r:.80}, expected text")
    return str(value)
