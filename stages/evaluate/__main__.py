"""The evaluation room: `python -m stages.evaluate METHOD` opens the test split and scores a method on it."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from stages.common.artifacts import read_json, read_table, sha256_of, write_json, write_table, written_whole
from stages.common.errors import stage_entry
from stages.common.params import Params, load_params
from stages.common.params.load import chosen_method
from stages.evaluate.breakdown import by_length, by_snr
from stages.evaluate.histogram import iou_histogram
from stages.evaluate.timeline import timeline
from stages.scoring.metrics import Metrics, metrics_of
from stages.scoring.predictions import prediction_table, score_predictions, truth_of
from stages.scoring.table import text_table
from stages.training.answers import answer
from stages.training.model import load_model
from stages.training.precision import use_threads
from stages.training.queries import QUERIES, query_data, read_queries
from stages.training.ranks import ranks
from stages.training.said import read_said, vocabulary_size

BLIND = Path("metrics/stages/blind.json")
RECIPE = Path("data/mixed/recipe.parquet")


def evaluate(params: Params, name: str) -> None:
    """Write predictions, metrics and plots of one method, and print it beside the others."""
    method, settings = params.methods[name], params.ground
    test = read_queries("test")
    data = query_data(test, read_said(test, method, params), params.audio.frames, params.video.frames)
    with ranks(settings.device) as here:
        path = Path(f"models/{name}/grounding.safetensors")
        model = load_model(path, method, params, data.dims, vocabulary_size()).to(here.device)
        p_start, p_end = answer(model, data, settings.batch, here.device, settings.precision)
    table = prediction_table(test, p_start, p_end, params.evaluate.suppression)
    scores = score_predictions(table)
    write_table(Path(f"predictions/{name}.parquet"), table)
    captions = dict(zip(test["query_id"], test["caption"], strict=True))
    with written_whole(Path(f"plots/timeline/{name}.png")) as temporary:
        timeline(temporary, table, f"{name}, test", captions)
    with written_whole(Path(f"plots/iou/{name}.json")) as temporary:
        temporary.write_text(json.dumps(iou_histogram(scores.iou), indent=1) + "\n")
    recipe = read_table(RECIPE, "mix").set_index("query_id").loc[test["query_id"]]
    details = {
        "test": _test_fingerprint(),
        "by_moment_length": by_length(scores, *truth_of(table)),
        "by_snr": by_snr(scores, recipe["snr_db"].to_numpy(np.float64)),
    }
    write_json(Path(f"metrics/stages/evaluate-{name}.json"), details)
    write_json(Path(f"metrics/{name}.json"), metrics_of(scores, params.evaluate.resamples, params.seed))
    print(_table(params, name))


def _test_fingerprint() -> str:
    """What the rows of one table have in common: the queries and the noise."""
    return f"{sha256_of(QUERIES)[:12]}-{sha256_of(RECIPE)[:12]}"


def _table(params: Params, name: str) -> str:
    """The method beside those of `compare` that were scored on the same queries and the same noise."""
    rows: dict[str, Metrics] = {}
    for method in dict.fromkeys([*params.compare, name]):
        metrics, details = Path(f"metrics/{method}.json"), Path(f"metrics/stages/evaluate-{method}.json")
        if not (metrics.exists() and details.exists()):
            continue
        if read_json(details, f"evaluate@{method}")["test"] == _test_fingerprint():
            rows[method] = read_json(metrics, f"evaluate@{method}")
    return text_table(rows, read_json(BLIND, "blind")["rows"], bold=sys.stdout.isatty())


@stage_entry
def main() -> None:
    """Score what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", help="a method of params.yaml")
    name = parser.parse_args().method
    params = load_params()
    use_threads(params.ground.threads)
    evaluate(params, chosen_method(params, name))


if __name__ == "__main__":
    main()
