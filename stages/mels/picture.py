"""One query as a picture: what is seen, when, and what is heard. `python -m stages.mels.picture [ID]`."""

import argparse
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from stages.common.artifacts import read_table, written_whole
from stages.common.audio import SAMPLE_RATE, from_int16
from stages.common.errors import DataError, stage_entry
from stages.common.params import load_params
from stages.common.shards import Shards

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

OUT = Path("plots/query.png")
FRAMES = 9
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#bbbbbb"


def _choose(queries: pd.DataFrame, query_id: str | None) -> pd.Series:
    if query_id is None:
        test = queries[queries["split"] == "test"]
        return test.iloc[3 % len(test)]
    found = queries[queries["query_id"] == query_id]
    if found.empty:
        raise DataError(
            f"no query {query_id!r} in data/corpus/queries.parquet, e.g. {queries['query_id'][0]}"
        )
    return found.iloc[0]


def _draw_frames(axes: list[Axes], video: Path, duration: float) -> None:
    import av

    with av.open(str(video)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for number, axis in enumerate(axes):
        place = (number + 0.5) / len(axes)
        axis.imshow(frames[int(place * len(frames))])
        axis.set_title(f"{place * duration:.0f} s", fontsize=8, color="#555555", pad=2)
        axis.axis("off")


def _draw_truth(axis: Axes, query: pd.Series) -> None:
    axis.barh(0, query["duration"], color="#eeeeee")
    axis.barh(0, query["end"] - query["start"], left=query["start"], color=BLUE)
    axis.set_xlim(0, query["duration"])
    axis.set_yticks([])
    axis.set_xlabel(f"the moment: {query['start']:.1f} to {query['end']:.1f} s of the video", fontsize=9)


def _draw_waveforms(axis: Axes, noisy: np.ndarray, clean: np.ndarray, recipe: pd.Series) -> None:
    seconds = np.arange(len(noisy)) / SAMPLE_RATE
    if recipe["length"]:
        axis.plot(seconds, noisy, color=GREY, linewidth=0.5, label="with noise")
    axis.plot(seconds[: len(clean)], clean, color=BLUE, linewidth=0.5, label="clean")
    if recipe["length"]:
        first, last = recipe["start"] / SAMPLE_RATE, (recipe["start"] + recipe["length"]) / SAMPLE_RATE
        axis.axvspan(first, last, color=ORANGE, alpha=0.08)
        axis.set_title(
            f"noise {recipe['noise']}, SNR {recipe['snr_db']:.1f} dB over the shaded part",
            fontsize=9, color=ORANGE, loc="right", pad=2,
        )  # fmt: skip
    axis.set_xlim(0, seconds[-1])
    axis.set_yticks([])
    axis.tick_params(labelbottom=False)
    axis.legend(loc="lower left", bbox_to_anchor=(0, 0.98), fontsize=8, frameon=False, ncols=2, borderpad=0)


@stage_entry
def main() -> None:
    """Draw a query of the pipeline's current data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("query_id", nargs="?", help="default: a query of the test split")
    query_id = parser.parse_args().query_id
    query = _choose(read_table(Path("data/corpus/queries.parquet"), "corpus"), query_id)
    recipe = read_table(Path("data/mixed/recipe.parquet"), "mix").set_index("query_id").loc[query["query_id"]]
    clean = from_int16(Shards(Path("data/corpus/speech"), "corpus")[query["speech_id"]])
    noisy = from_int16(Shards(Path("data/mixed"), "mix")[query["query_id"]])
    mel = Shards(Path("data/mels"), "mels")[query["query_id"]].astype(np.float32)
    video = Path("data/corpus/videos") / f"{query['video_id']}.mp4"

    figure = plt.figure(figsize=(9, 5.2), layout="constrained")
    rows = figure.add_gridspec(4, FRAMES, height_ratios=[1.1, 0.28, 1, 1.3])
    if video.exists():
        _draw_frames([figure.add_subplot(rows[0, n]) for n in range(FRAMES)], video, query["duration"])
    _draw_truth(figure.add_subplot(rows[1, :]), query)
    _draw_waveforms(figure.add_subplot(rows[2, :]), noisy, clean, recipe)
    spectrogram = figure.add_subplot(rows[3, :])
    hop = load_params().mels.hop_ms / 1000
    spectrogram.imshow(
        mel.T, origin="lower", aspect="auto", cmap="magma", extent=(0, len(mel) * hop, 0, mel.shape[1])
    )
    spectrogram.set_xlabel("seconds of speech", fontsize=9)
    spectrogram.set_ylabel("mel band", fontsize=9)
    figure.suptitle(f"“{query['caption']}”", fontsize=13, parse_math=False)
    # The README's picture is in git: another query's goes elsewhere.
    out = OUT if query_id is None else Path(f"build/{query['query_id'].replace('/', '_')}.png")
    with written_whole(out) as temporary:
        figure.savefig(temporary, dpi=100)
    print(f"{out}: query {query['query_id']}, {query['caption']!r}")


if __name__ == "__main__":
    main()
