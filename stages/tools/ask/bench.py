"""From a recording to moments, raw speech beside the cascade: `svground latency`.

`--engines deepspeech moonshine` gives the cascade a row with each recogniser, before the same network and the
same vectors of words.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import torch
from jaxtyping import Float
from tqdm import tqdm

from stages.common.artifacts import read_table
from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError, command_entry
from stages.common.params.load import load_params
from stages.common.shards import Shards
from stages.tools.ask.rivals import Rival, rivals
from stages.tools.ask.trained import trained_methods
from stages.training.precision import use_threads

QUERIES, VIDEOS = Path("data/corpus/queries.parquet"), Path("data/corpus/videos")
METHODS = ("vgcl", "base", "asr")
_WARM_UP = 10
# What only a cascade does.
_RECOGNITION = "transcript"

Spent = list[dict[str, float]]


def _recordings(table: pd.DataFrame, folder: Path) -> dict[str, Path]:
    mixed = Shards(Path("data/mixed"), "mix")
    paths = {}
    for number, query_id in enumerate(table["query_id"]):
        paths[query_id] = folder / f"{number}.wav"
        soundfile.write(paths[query_id], mixed[query_id], SAMPLE_RATE)
    return paths


def measure(found: Sequence[Rival], table: pd.DataFrame) -> dict[str, Spent]:
    """The seconds of each part of each query. The rows take turns: other work on the machine hits all."""
    spent: dict[str, Spent] = {rival.name: [] for rival in found}
    with tempfile.TemporaryDirectory() as folder:
        recordings = _recordings(table, Path(folder))
        asked = list(zip(table["query_id"], table["video_id"], strict=True))
        warm_up = asked[:_WARM_UP]
        for number, (query_id, video_id) in enumerate(tqdm([*warm_up, *asked], disable=None)):
            video = found[0].grounder.video(VIDEOS / f"{video_id}.mp4")
            for rival in found:
                if rival.most is not None and number >= len(warm_up) + rival.most:
                    continue
                rival.grounder.see(video)
                seconds = rival.grounder.ground(video, recordings[query_id]).seconds
                if number >= len(warm_up):
                    spent[rival.name].append(seconds)
    return spent


def report(spent: dict[str, Spent]) -> str:
    """A row for each: the median and the 95th percentile of the whole, and each part's median."""
    totals = {name: 1000 * np.array([sum(row.values()) for row in rows]) for name, rows in spent.items()}
    parts = list(dict.fromkeys(part for rows in spent.values() for part in rows[0]))
    table = pd.DataFrame(
        {
            name: {
                "queries": str(len(rows)),
                "p50": np.median(totals[name]),
                "p95": np.percentile(totals[name], 95),
                **{part: 1000 * np.median([row[part] for row in rows]) for part in parts if part in rows[0]},
            }
            for name, rows in spent.items()
        }
    ).T
    columns = ["queries", "p50", "p95", *parts]
    return "\n".join(
        [table[columns].to_string(float_format="{:.2f}".format, na_rep="-"), *_ratios(spent, totals)]
    )


def _ratios(spent: dict[str, Spent], totals: dict[str, Float[np.ndarray, " queries"]]) -> list[str]:
    """Of the medians over the queries that both rows were asked."""
    cascades = [name for name, rows in spent.items() if _RECOGNITION in rows[0]]
    return [
        f"{raw} answers {np.median(totals[other]) / np.median(totals[raw][: len(totals[other])]):.1f} "
        f"times as fast as {other}"
        for raw in spent
        for other in cascades
        if raw not in cascades
    ]


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 on")
    return int(text)


@command_entry
def main() -> None:
    """Measure the methods that are trained, one query at a time, on utterances of the test split."""
    parser = argparse.ArgumentParser(prog="svground latency", description=__doc__)
    parser.add_argument("--queries", type=_count, default=200, help="how many test queries (200)")
    parser.add_argument("--methods", nargs="+", default=METHODS, help=f"({' '.join(METHODS)})")
    parser.add_argument(
        "--engines",
        nargs="+",
        default=[],
        metavar="ENGINE[=MODEL]",
        help="the cascade's recognisers, e.g. deepspeech whisper=/data/whisper (that of params.yaml)",
    )
    parser.add_argument("--device", default="cpu", help="of the networks; recognisers run on the CPU")
    options = parser.parse_args()
    use_threads(load_params().machine.threads)
    models = Path("models")
    names = [name for name in options.methods if name in trained_methods(models)]
    if not names:
        raise DataError(f"none of {', '.join(options.methods)} is trained; run `dvc repro`")
    queries = read_table(QUERIES, "corpus")
    test = queries[queries["split"] == "test"]
    table = test.sample(min(options.queries, len(test)), random_state=0)
    spent = measure(rivals(models, names, options.engines, options.device), table)
    print(
        f"{len(table)} test queries, one at a time, {torch.get_num_threads()} thread(s), networks on "
        f"{options.device} in fp32; milliseconds.\n"
        "Every row: reading the wav (speech), the network on the query (network), ranking.\n"
        "Raw speech besides: the spectrogram (mels).\n"
        "The cascade besides: recognition (transcript), looking up the words' vectors (words).\n"
        "In none: starting Python, loading models, describing and encoding the video, which are done once.\n"
        "p50 and p95 are of the whole; the other columns are the medians of its parts.\n"
        "Some recognisers never give back the memory that they take: such a one is asked fewer queries.\n"
        "Ratios are over the queries that both rows were asked."
    )
    print(report(spent))


if __name__ == "__main__":
    main()
