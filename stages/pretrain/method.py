"""One row's first encoder pretrained, from the files it reads to the weights and figures it leaves."""

from pathlib import Path
from typing import Any

import pandas as pd

from stages.common.artifacts import sha256_of, write_json, written_whole
from stages.common.params import Params
from stages.common.recipe import recipe_of
from stages.training import checkpoints, pretraining
from stages.training.loop import Trained, train
from stages.training.ranks import Ranks


def pretrain_method(params: Params, name: str, ranks: Ranks) -> None:
    """Train on train, choose the epoch on dev."""
    params = params.of(name)
    kind = params.methods[name].pretraining
    run = pretraining.kind_of(kind).prepare(params, name, ranks.device)
    with checkpoints.run_folder("pretrain", name, _made_from(params, name), ranks.is_first) as folder:
        trained = train(
            run.model, run.task, params.pretrain, params.machine, params.training_seed, folder, ranks,
            run.stop_after,
        )  # fmt: skip
        if ranks.is_first:
            network = checkpoints.below(trained.weights, "network.")
            checkpoints.save(pretraining.path_of(name), network, pretraining.facts_of(params, name))
            run.model.load_state_dict(trained.weights)
            _write_figures(name, kind, trained, run.learned())
            schedule = run.schedule()
            _write_plot("curriculum", name, _no_schedule() if schedule is None else schedule)
        ranks.wait()


def leave_nothing(name: str) -> None:
    """For a row without pretraining: the same bytes whatever the params, so that no later stage runs."""
    checkpoints.save(pretraining.path_of(name), {}, {})
    write_json(Path(f"metrics/stages/pretrain-{name}.json"), {"pretraining": "none"})
    # A point at zero: of a table without rows DVC draws an empty frame.
    _write_plot("pretrain", name, pd.DataFrame({"epoch": [0], "dev_bound": [0.0]}))
    _write_plot("curriculum", name, _no_schedule())
    print(f"{name}: nothing to pretrain")


def _no_schedule() -> pd.DataFrame:
    return pd.DataFrame({"step": [0], "stage": [0], "seen": [0.0]})


def _made_from(params: Params, name: str) -> dict[str, Any]:
    """What a run is made from: a checkpoint of another one is never resumed."""
    inputs = pretraining.kind_of(params.methods[name].pretraining).inputs()
    return {**recipe_of(params, name, "pretrain"), "inputs": {str(path): sha256_of(path) for path in inputs}}


def _write_plot(kind: str, name: str, table: pd.DataFrame) -> None:
    with written_whole(Path(f"plots/{kind}/{name}.tsv")) as temporary:
        table.round(4).to_csv(temporary, sep="\t", index=False)


def _write_figures(name: str, kind: str, trained: Trained, learned: dict[str, float]) -> None:
    progress = trained.progress
    curve = pd.DataFrame(progress.curve)
    _write_plot("pretrain", name, curve)
    best = curve.iloc[progress.best_epoch]
    figures = {key: round(float(best[key]), 4) for key in curve.columns if key.startswith("dev_")}
    facts = {
        "pretraining": kind,
        **figures,
        **learned,
        "best_epoch": progress.best_epoch,
        "steps": progress.step,
    }
    write_json(Path(f"metrics/stages/pretrain-{name}.json"), facts)
    listed = ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
    print(
        f"{name}: {kind}, {listed} at epoch {facts['best_epoch']} of {progress.epoch}, "
        f"{progress.step:,} steps, {progress.seconds:.0f} s"
    )
    if learned:
        print("  probes (percent): " + ", ".join(f"{key} {value}" for key, value in learned.items()))
