"""A noisy query of the test split as a wav: `svground example OUT.wav [QUERY]`."""

import argparse
import shlex
from pathlib import Path

import pandas as pd
import soundfile

from stages.common.artifacts import read_table
from stages.common.audio import SAMPLE_RATE, from_int16
from stages.common.errors import DataError, command_entry
from stages.common.shards import Shards
from stages.tools.ask.answer import clock_time
from stages.tools.ask.outputs import check_output, writing

QUERIES = Path("data/corpus/queries.parquet")
VIDEOS = Path("data/corpus/videos")


@command_entry
def main() -> None:
    """Write the speech, and print what it asks for."""
    parser = argparse.ArgumentParser(prog="svground example", description=__doc__)
    parser.add_argument("out", type=Path, help="the file to write, e.g. question.wav")
    parser.add_argument("query_id", nargs="?", help="default: the first of the test split")
    options = parser.parse_args()
    check_output(options.out, (".wav",))
    query = _choose(read_table(QUERIES, "corpus"), options.query_id)
    samples = from_int16(Shards(Path("data/mixed"), "mix")[query["query_id"]])
    with writing(options.out) as temporary:
        # As floats the samples are those of the pipeline, to the bit.
        soundfile.write(temporary, samples, SAMPLE_RATE, subtype="FLOAT")
    print(f"{options.out}: {query['caption']!r}, {query['speaker']} with noise")
    video = VIDEOS / f"{query['video_id']}.mp4"
    if video.exists():
        print(f"about {video}; the moment is {clock_time(query['start'])} - {clock_time(query['end'])}")
        print(f"ask: {_question(video, options.out, query)}")


def _question(video: Path, speech: Path, query: pd.Series) -> str:
    """The command to type next."""
    truth = f"{query['start']:g}-{query['end']:g}"
    words = [str(video), str(speech), "--truth", truth, "--plot", "answer.png"]
    return shlex.join(["svground", "ask", *words])


def _choose(queries: pd.DataFrame, query_id: str | None) -> pd.Series:
    test = queries[queries["split"] == "test"]
    chosen = test if query_id is None else test[test["query_id"] == query_id]
    if chosen.empty:
        raise DataError(f"{QUERIES} has no test query {query_id!r}; one is {test['query_id'].iloc[0]}")
    return chosen.iloc[0]


if __name__ == "__main__":
    main()
