"""Rows as `dvc.api.exp_show` gives them."""


def row(name, *, state=None, seed=0, level="normal", compare="[base, text]", **miou):
    return {
        "Experiment": name if state else None, "rev": name, "State": state, "Created": "today",
        "compare": compare,
        "training_seed": seed, "noise.level": level, "machine.processes": 2, "data/mels": "abc",
        **{f"metrics/{method}.json:mIoU": value for method, value in miou.items()},
        "metrics/stages/ground-base.json:dev_mIoU": 99.0,
    }  # fmt: skip


ROWS = [
    row("workspace", seed=9, base=1.0, text=1.0, blind=1.0),
    row("main", base=50.0, text=80.0, blind=24.0),
    row("one", state="Success", seed=1, base=53.0, text=82.0, blind=24.0),
    row("two", state="Success", seed=2, base=56.0, text=81.0, blind=24.0),
    row("broken", state="Failed", seed=3, base=0.0, text=0.0, blind=0.0),
    row("waiting", state="Queued", seed=4, base=0.0, text=0.0, blind=0.0),
    row("loud", state="Success", level="large", compare="[base]", base=40.0, text=80.0, blind=24.0),
]
