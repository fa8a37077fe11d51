"""One method judged on the test split, from its weights to predictions, metrics and plots."""

import json
from pathlib import Path

import numpy as np

from stages.common.artifacts import read_table, write_json, write_table, written_whole
from stages.common.params import Params
from stages.evaluate.breakdown import by_caption, by_length, by_snr, by_speaker, by_video, table_of
from stages.evaluate.control import asked_otherwise
from stages.evaluate.histogram import iou_histogram
from stages.evaluate.results import (
    CONTROLLED,
    OWN,
    RECIPE,
    TRAINED_IN,
    by_video_of,
    details_of,
    test_fingerprint,
)
from stages.evaluate.timeline import timeline
from stages.scoring.headline import headline
from stages.scoring.metrics import metrics_of
from stages.scoring.predictions import prediction_table, score_predictions, truth_of
from stages.training import checkpoints
from stages.training.answers import answer
from stages.training.model import load_model
from stages.training.queries import query_data, read_queries
from stages.training.query_steps import read_query_steps, vocabulary_size
from stages.training.ranks import device_of


def evaluate(params: Params, name: str) -> None:
    """Write predictions, metrics and plots of one method."""
    # The batch that all rows share: which queries meet in a batch shows in the last digits.
    batch, params = params.ground.batch, params.of(name)
    judged, machine = params.evaluate, params.machine
    test = read_queries("test")
    data = query_data(test, read_query_steps(test, params, name), params, name)
    device = device_of(machine.device)
    path = Path(f"models/{name}/grounding.safetensors")
    model = load_model(path, params, name, data.dims, vocabulary_size(params, name)).to(device)
    tables = [
        prediction_table(test, answer(model, asked, batch, device, machine.precision, judged.nms))
        for asked in (data, asked_otherwise(data, params.seed))
    ]
    table = tables[0]
    scores, control = (score_predictions(each) for each in tables)
    write_table(Path(f"predictions/{name}.parquet"), table)
    captions = dict(zip(test["query_id"], test["caption"], strict=True))
    with written_whole(Path(f"plots/timeline/{name}.png")) as temporary:
        timeline(temporary, table, f"{name}, test", captions)
    with written_whole(Path(f"plots/iou/{name}.json")) as temporary:
        temporary.write_text(json.dumps(iou_histogram(scores.iou), indent=1) + "\n")
    recipe = read_table(RECIPE, "mix").set_index("query_id").loc[test["query_id"]]
    bands = {
        "moment": by_length(scores, *truth_of(table)),
        "noise at": by_snr(scores, recipe["snr_db"].to_numpy(np.float64)),
        "caption": by_caption(scores, test),
        "speaker": by_speaker(scores, test["speaker"], read_queries("train")["speaker"]),
    }
    with written_whole(Path(f"plots/bands/{name}.tsv")) as temporary:
        table_of(bands).to_csv(temporary, sep="\t", index=False)
    with written_whole(by_video_of(name)) as temporary:
        by_video(scores, truth_of(table)[1]).to_csv(temporary, sep="\t")
    metrics = metrics_of(scores, judged.resamples, params.seed)
    details = {
        "test": test_fingerprint(),
        # The same settings give other digits in another precision.
        TRAINED_IN: checkpoints.load(path, "")[1].get(TRAINED_IN, "a precision that the weights do not name"),
        OWN: metrics,
        CONTROLLED: metrics_of(control, judged.resamples, params.seed),
    }
    write_json(details_of(name), details)
    write_json(Path(f"metrics/{name}.json"), headline(metrics))
