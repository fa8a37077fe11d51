"""From a recording to moments, raw speech beside the cascade: `python -m stages.ask.bench`."""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import torch
from tqdm import tqdm

from stages.ask.grounder import Grounder
from stages.ask.trained import trained_methods
from stages.ask.video import Video
from stages.common.artifacts import read_table
from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError, stage_entry
from stages.common.params.load import load_params
from stages.common.shards import Shards
from stages.training.precision import use_threads

QUERIES, VIDEOS = Path("data/corpus/queries.parquet"), Path("data/corpus/videos")
METHODS, CASCADE = ("vgcl", "base", "asr"), "asr"
_WARM_UP = 10

Spent = list[dict[str, float]]


def _recordings(table: pd.DataFrame, folder: Path) -> dict[str, Path]:
    mixed = Shards(Path("data/mixed"), "mix")
    paths = {}
    for number, query_id in enumerate(table["query_id"]):
        paths[query_id] = folder / f"{number}.wav"
        soundfile.write(paths[query_id], mixed[query_id], SAMPLE_RATE)
    return paths


def measure(grounders: dict[str, Grounder], table: pd.DataFrame) -> dict[str, Spent]:
    """The seconds of each part of each query. The methods take turns: other work on the machine hits all."""
    spent: dict[str, Spent] = {name: [] for name in grounders}
    with tempfile.TemporaryDirectory() as folder:
        recordings = _recordings(table, Path(folder))
        any_of_them = next(iter(grounders.values()))
        videos: dict[str, Video] = {
            str(video_id): any_of_them.video(VIDEOS / f"{video_id}.mp4")
            for video_id in table["video_id"].unique()
        }
        rows = list(zip(table["query_id"], table["video_id"], strict=True))
        for number, (query_id, video_id) in enumerate(tqdm([*rows[:_WARM_UP], *rows], disable=None)):
            for name, grounder in grounders.items():
                seconds = grounder.ground(videos[video_id], recordings[query_id]).seconds
                if number >= min(_WARM_UP, len(rows)):
                    spent[name].append(seconds)
    return spent


def report(spent: dict[str, Spent]) -> str:
    """A row per method: the median and the 95th percentile of the whole, and each part's median."""
    totals = {name: 1000 * np.array([sum(row.values()) for row in rows]) for name, rows in spent.items()}
    parts = list(dict.fromkeys(part for rows in spent.values() for part in rows[0]))
    table = pd.DataFrame(
        {
            name: {
                "p50": np.median(totals[name]),
                "p95": np.percentile(totals[name], 95),
                **{part: 1000 * np.median([row[part] for row in rows]) for part in parts if part in rows[0]},
            }
            for name, rows in spent.items()
        }
    ).T
    lines = [table[["p50", "p95", *parts]].to_string(float_format="{:.2f}".format, na_rep="-")]
    for name in totals:
        if CASCADE in totals and name != CASCADE:
            ratio = np.median(totals[CASCADE]) / np.median(totals[name])
            lines.append(f"{name} answers {ratio:.1f} times as fast as {CASCADE}")
    return "\n".join(lines)


@stage_entry
def main() -> None:
    """Measure the methods that are trained, one query at a time, on utterances of the test split."""
    parser = argparse.ArgumentParser(prog="python -m stages.ask.bench", description=__doc__)
    parser.add_argument("--queries", type=int, default=200, help="how many test queries (200)")
    parser.add_argument("--methods", nargs="+", default=METHODS, help=f"({' '.join(METHODS)})")
    parser.add_argument("--device", default="cpu", help="of the networks; the recogniser runs on the CPU")
    options = parser.parse_args()
    use_threads(load_params().machine.threads)
    models = Path("models")
    names = [name for name in options.methods if name in trained_methods(models)]
    if not names:
        raise DataError(f"none of {', '.join(options.methods)} is trained; run `dvc repro`")
    queries = read_table(QUERIES, "corpus")
    test = queries[queries["split"] == "test"]
    table = test.sample(min(options.queries, len(test)), random_state=0)
    grounders = {name: Grounder.load(models / name, device=options.device) for name in names}
    spent = measure(grounders, table)
    print(
        f"{len(table)} test queries, one at a time, {torch.get_num_threads()} thread(s), networks on "
        f"{options.device} in fp32; milliseconds.\n"
        "Included: reading the wav, spectrogram or recognition and words, the network, ranking.\n"
        "Not included: starting Python, loading models, describing the video."
    )
    print(report(spent))


if __name__ == "__main__":
    main()
