"""The corpus room: queries, clean speech and video features, of the demo or of a published corpus."""

from pathlib import Path

import pandas as pd

from stages.common.artifacts import (
    code_fingerprint,
    fingerprint,
    resumable_folder,
    write_json,
    write_table,
)
from stages.common.errors import DataError, stage_entry
from stages.common.params import Params, load_params
from stages.common.params.schema import PATHS, Corpus
from stages.common.shards import Shards
from stages.corpus.activitynet import ActivityNet
from stages.corpus.charades import Charades
from stages.corpus.cleaning import Counts, clean
from stages.corpus.demo.source import Demo
from stages.corpus.extractors.chosen import chosen_extractor
from stages.corpus.features import IMPORTED, FromArrays, write_extracted, write_features
from stages.corpus.joined.source import Joined
from stages.corpus.own import Own
from stages.corpus.queries import MadeSource, Source, as_table
from stages.corpus.speech import Utterance, choose_speaker, write_speech
from stages.corpus.splits import carve_dev
from stages.corpus.summary import describe_corpus, print_corpus
from stages.corpus.voices.chosen import chosen_voices
from stages.corpus.voices.interface import Voices

OUT = Path("data/corpus")


def _source(params: Params, videos: Path, work: Path) -> Source:
    corpus = params.corpus
    match corpus.name:
        case "demo":
            return Demo(corpus, params.seed, videos)
        case "activitynet":
            return ActivityNet(corpus)
        case "charades":
            return Charades(corpus)
        case "own":
            return Own(corpus, params.seed)
        case "joined":
            return Joined(corpus, params.seed, videos, work)


def _files_of(corpus: Corpus) -> list[tuple[str, int, int]]:
    """The names, sizes and times of a published corpus' files: a changed one is read anew."""
    if corpus.root is None or corpus.name == "demo":
        return []
    if not Path(corpus.root).is_dir():
        raise DataError(f"corpus.root: the folder {corpus.root} does not exist; correct it in params.yaml")
    found = []
    for place in filter(None, (getattr(corpus, key) for key in PATHS)):
        files = Path(place).rglob("*") if Path(place).is_dir() else [Path(place)]
        facts = [(str(path), path.stat()) for path in files if path.is_file()]
        found += [(name, fact.st_size, fact.st_mtime_ns) for name, fact in facts]
    return sorted(found)


def _cleaned(params: Params, source: Source) -> tuple[pd.DataFrame, Counts]:
    spoken = params.corpus.speech == "tts" or isinstance(source, Demo)
    return clean(
        as_table(source.queries()),
        has_speech=lambda speech_id: spoken or source.recording(speech_id) is not None,
        has_features=source.has_features,
        strict=params.corpus.strict,
    )


def _with_speakers(table: pd.DataFrame, source: Source, voices: Voices, seed: int) -> pd.DataFrame:
    """Name a speaker for each caption that nobody has recorded."""
    if isinstance(source, Demo):
        return table
    chosen = [
        choose_speaker(seed, speech_id, voices.speakers) if source.recording(speech_id) is None else speaker
        for speech_id, speaker in zip(table["speech_id"], table["speaker"], strict=True)
    ]
    return table.assign(speaker=chosen)


def _write_speech(source: Source, table: pd.DataFrame, voices: Voices, folder: Path) -> dict[str, str]:
    rows = zip(table["speech_id"], table["caption"], table["speaker"], strict=True)
    return write_speech(
        folder,
        {
            speech_id: Utterance(source.recording(speech_id), caption, speaker, voices)
            for speech_id, caption, speaker in rows
        },
    )


def _write_features(params: Params, source: Source, table: pd.DataFrame, folder: Path) -> dict[str, str]:
    video_ids = sorted(table["video_id"].unique())
    if isinstance(source, MadeSource):
        return source.write_features(folder, video_ids)
    if params.corpus.features != "arrays":
        paths = {video_id: path for video_id in video_ids if (path := source.video(video_id)) is not None}
        seconds = table.drop_duplicates("video_id")["duration"].sum()
        return write_extracted(folder, paths, chosen_extractor(params.corpus), float(seconds))
    imported = {video_id: video_id for video_id in video_ids}
    return write_features(folder, imported, FromArrays(source), IMPORTED)


def _without_unreadable(
    table: pd.DataFrame, column: str, failures: dict[str, str], strict: bool
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The table without what could not be read, and how many queries that cost per split."""
    if failures and strict:
        listed = "; ".join(list(failures.values())[:10])
        raise DataError(f"{len(failures)} items can't be read and corpus.strict is true: {listed}")
    for text in list(failures.values())[:3]:
        print(f"dropped: {text}")
    lost = table[column].isin(list(failures))
    emptied = set(table["split"]) - set(table[~lost]["split"])
    if emptied:
        raise DataError(
            f"no {min(emptied)} query is left: {len(failures)} files can't be read, the first being: "
            f"{next(iter(failures.values()))}"
        )
    return table[~lost], {
        str(split): int(count) for split, count in table[lost]["split"].value_counts().items()
    }


@stage_entry
def main() -> None:
    """Build data/corpus and metrics/stages/corpus.json."""
    params = load_params()
    corpus = params.corpus
    key = fingerprint(
        corpus.model_dump(), params.seed, _files_of(corpus), code_fingerprint("corpus", "common")
    )
    with resumable_folder(OUT, key) as building:
        videos = building / "videos"
        videos.mkdir(exist_ok=True)
        # What later parts of the stage need and the corpus does not; it goes when the corpus is whole.
        source = _source(params, videos, building.with_name(f"{building.name}-work"))
        table, problems = _cleaned(params, source)
        if isinstance(source, Joined):
            problems["clips"] = source.left_out
        table = carve_dev(table, corpus.dev_fraction, params.seed)
        # The demo's people are espeak-ng's.
        voices = chosen_voices("espeak" if isinstance(source, Demo) else corpus.voices)
        table = _with_speakers(table, source, voices, params.seed)
        if any(source.recording(speech_id) is None for speech_id in table["speech_id"]):
            voices.check()
        failures = _write_speech(source, table, voices, building / "speech")
        table, problems["unreadable_speech"] = _without_unreadable(
            table, "speech_id", failures, corpus.strict
        )
        failures = _write_features(params, source, table, building / "features")
        table, problems["unreadable_video"] = _without_unreadable(table, "video_id", failures, corpus.strict)
        table = table.sort_values("query_id", ignore_index=True)
        write_table(building / "queries.parquet", table)
        facts = describe_corpus(table, problems, Shards(building / "speech", "corpus"))
    write_json(Path("metrics/stages/corpus.json"), facts)
    print_corpus(facts, table)


if __name__ == "__main__":
    main()
