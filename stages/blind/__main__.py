"""The blind room: `python -m stages.blind` fits guesses that do not listen on train and scores them."""

from pathlib import Path

from stages.blind.cuts import cut_detector
from stages.blind.events import random_event
from stages.blind.windows import BlindPredictor, best_blind, fit_blind
from stages.common.artifacts import read_table, write_json
from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.shards import Shards
from stages.scoring.headline import headline
from stages.scoring.metrics import Metrics, metrics_of
from stages.scoring.predictions import truth_of
from stages.scoring.table import Results, text_table

QUERIES = Path("data/corpus/queries.parquet")
FEATURES = Path("data/corpus/features")


@stage_entry
def main() -> None:
    """Write metrics/blind.json, the best of them in brief, and metrics/stages/blind.json, all."""
    params = load_params()
    settings = params.evaluate
    table = read_table(QUERIES, "corpus")
    train, test = (table[table["split"] == split] for split in ("train", "test"))
    truth, duration = truth_of(test)
    predictors = fit_blind(*truth_of(train), settings.blind_grid, params.video.frames, settings.nms)

    def scored(predictor: BlindPredictor) -> Metrics:
        scores = predictor.score(test["video_id"].to_numpy(str), truth, duration)
        return metrics_of(scores, settings.resamples, params.seed)

    rows = {predictor.name: scored(predictor) for predictor in predictors}
    features = Shards(FEATURES, "corpus")
    rows["random segment (cuts)"] = metrics_of(
        cut_detector(train, test, features.__getitem__), settings.resamples, params.seed
    )
    if params.corpus.makes_videos:
        # This floor is one where all events are known: seeing where something happens, hearing nothing.
        rows["random true event"] = metrics_of(random_event(test), settings.resamples, params.seed)
    write_json(Path("metrics/stages/blind.json"), {"rows": rows})
    write_json(Path("metrics/blind.json"), headline(scored(best_blind(predictors))))
    print(text_table(Results(blind=rows), bold=False))


if __name__ == "__main__":
    main()
