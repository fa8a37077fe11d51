"""A run of a dozen queries in the pipeline's own files, with captions that would like to break the page."""

import json
from pathlib import Path

import av
import numpy as np
import pandas as pd
from omegaconf import OmegaConf

from stages.common.artifacts import write_json, write_table
from stages.common.building import build_shards
from stages.evaluate.histogram import iou_histogram
from stages.evaluate.results import CONTROLLED, OWN, details_of, test_fingerprint
from stages.scoring.answers import from_edges
from stages.scoring.metrics import metrics_of
from stages.scoring.predictions import prediction_table, score_predictions
from tests.evaluate.worlds import distributions, queries
from tests.paths import ROOT

METHODS = ("base", "vgcl", "asr")
COUNT, SECONDS = 12, 20.0
HOSTILE = [
    "</script><script>document.title = 'taken'</script>",
    '<img src=x onerror="document.title = \'taken\'"> & "quoted"',
    "قلب أخضر يرتجف",
    "A line\u2028another, and ${more} `ticks`",
]


def params(**changes):
    """The committed params, saved as params.yaml of the current folder."""
    assert Path.cwd() != ROOT, "this would overwrite the project's own params.yaml"
    content = OmegaConf.merge(OmegaConf.load(ROOT / "params.yaml"), {"compare": list(METHODS)}, changes)
    OmegaConf.save(content, "params.yaml")


def test_queries() -> pd.DataFrame:
    """Three queries a video; the second speaker was heard in training."""
    table = queries(COUNT, per_video=3).assign(split="test", duration=SECONDS)
    table["start"] = np.arange(COUNT) % 3 * 5.0
    table["end"] = table["start"] + 2.0 + np.arange(COUNT) % 4
    table["caption"] = [*HOSTILE, *(f"A red cross spins {number} times." for number in range(COUNT - 4))]
    table["speaker"] = ["ann", "bob"] * (COUNT // 2)
    return table.assign(speech_id=table["query_id"])


def write_world(**changes) -> None:
    """Everything that the room reads."""
    params(**changes)
    test = test_queries()
    train = test.iloc[:1].assign(query_id="train", split="train", speaker="bob", video_id="w")
    write_table(Path("data/corpus/queries.parquet"), pd.concat([train, test]))
    rows = {row.query_id: number for number, row in enumerate(test.itertuples())}
    build_shards(Path("data/mixed"), rows, _speech, "int16", "clip")
    build_shards(Path("data/mels"), rows, _mel, "float16", "clip")
    noise = ["5-1-A-0.wav"] * COUNT
    recipe = {"noise": noise, "snr_db": np.arange(COUNT) - 2.0, "start": 1600, "length": 8000}
    recipe = pd.DataFrame({"query_id": test["query_id"], **recipe})
    recipe.loc[COUNT - 1, ["noise", "snr_db", "length"]] = ["", np.nan, 0]
    write_table(Path("data/mixed/recipe.parquet"), recipe)
    texts = test["caption"].str.replace("red", "bad")
    transcripts = pd.DataFrame({"query_id": test["query_id"], "text": texts})
    write_table(Path("data/transcripts/transcripts.parquet"), transcripts)
    for seed, name in enumerate(METHODS):
        _answer(name, test, seed)
    blind = json.loads(details_of("base").read_text())[OWN]
    write_json(Path("metrics/stages/blind.json"), {"rows": {"whole video": blind}})
    for number in range(4):
        write_video(Path(f"data/corpus/videos/v{number:03d}.mp4"))


def _speech(number: int) -> np.ndarray:
    place = np.arange(16_000 + 800 * number) / 16_000
    return (8000 * np.sin(2 * np.pi * 440 * place)).astype(np.int16)


def _mel(number: int) -> np.ndarray:
    return np.random.default_rng(number).normal(size=(100 + 5 * number, 128))


def _answer(name: str, test: pd.DataFrame, seed: int) -> None:
    table = prediction_table(test, from_edges(*distributions(COUNT, seed=seed), nms=0.5))
    write_table(Path(f"predictions/{name}.parquet"), table)
    scores = score_predictions(table)
    metrics = metrics_of(scores, 100, 0)
    write_json(details_of(name), {"test": test_fingerprint(), OWN: metrics, CONTROLLED: metrics})
    tables = {
        "ground": {"epoch": [0, 1], "total": [4.0, 3.0], "dev_mIoU": [20.0 + seed, 40.0 + seed]},
        "pretrain": {"epoch": [0, 1], "dev_bound": [1.0, 2.0], "dev_accuracy_1": [0.5, 0.9]},
        "curriculum": {"step": [0, 10, 20], "stage": [0, 1, 2], "seen": [20.0, 50.0, 100.0]},
        "bands": {"band": ["moment 0-10%", "moment 10-20%"], "mIoU": [40.0, 60.0], "queries": [5, 7]},
    }
    for kind, table in tables.items():
        if name == "vgcl" or kind in ("ground", "bands"):
            path = Path(f"plots/{kind}/{name}.tsv")
            path.parent.mkdir(parents=True, exist_ok=True)
            pd.DataFrame(table).to_csv(path, sep="\t", index=False)
    path = Path(f"plots/iou/{name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(iou_histogram(scores.iou)))


def relevance_alone(*methods: str) -> None:
    """In the place of two curves these methods have one."""
    for name in methods:
        path = Path(f"predictions/{name}.parquet")
        table = pd.read_parquet(path).drop(columns="p_end").rename(columns={"p_start": "relevance"})
        write_table(path, table)


def write_video(path: Path) -> None:
    """Twenty seconds that grow bright, in H.264."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=4, options={"preset": "ultrafast", "threads": "1"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(round(4 * SECONDS)):
            picture = np.full((64, 64, 3), 3 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
