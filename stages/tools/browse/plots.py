"""The plots of the run, from the tables that its stages left in plots/."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from stages.common.errors import DataError
from stages.tools.browse.chart import Axis, Chart, Line, axis, draw
from stages.tools.browse.histogram import histograms


def figures(methods: Sequence[str]) -> list[str]:
    """All figures that the methods have something for."""
    before = [*_training(methods), *_pretraining(methods), *_curriculum(methods)]
    return [*map(draw, before), *histograms(methods), *map(draw, _bands(methods))]


def read_curve(kind: str, method: str, needed: Sequence[str] = ()) -> pd.DataFrame | None:
    """A table of plots/; None where the stage has not written it."""
    path = Path(f"plots/{kind}/{method}.tsv")
    if not path.exists():
        return None
    try:
        table = pd.read_csv(path, sep="\t")
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}); `git checkout -- {path}` or run its stage") from None
    for column in needed:
        if column not in table:
            raise DataError(
                f"{path} has no column {column}: an earlier version wrote it; run its stage again"
            )
    return table


def _curves(methods: Sequence[str], kind: str, x: str, y: str) -> dict[str, pd.DataFrame]:
    """The tables of the methods that have more than the one row of a stage with nothing to do."""
    tables = {name: read_curve(kind, name, (x, y)) for name in methods}
    return {name: table for name, table in tables.items() if table is not None and len(table) > 1}


def _lines(
    methods: Sequence[str], tables: Mapping[str, pd.DataFrame], x: str, y: str, best: bool
) -> list[Line]:
    return [
        Line(
            name,
            methods.index(name),
            list(zip(table[x].astype(float), table[y].astype(float), strict=True)),
            int(table[y].to_numpy().argmax()) if best else None,
        )
        for name, table in tables.items()
    ]


def _epochs(lines: Sequence[Line]) -> Axis:
    return axis("epoch", 0, max(line.points[-1][0] for line in lines))


def _highest(lines: Sequence[Line]) -> float:
    return max(level for line in lines for _, level in line.points)


def _ends(lines: Sequence[Line], unit: str) -> str:
    return ", ".join(f"{line.name} ends at {line.points[-1][1]:.4g}{unit}" for line in lines)


def _training(methods: Sequence[str]) -> list[Chart]:
    tables = _curves(methods, "ground", "epoch", "dev_mIoU")
    if not tables:
        return []
    miou = _lines(methods, tables, "epoch", "dev_mIoU", best=True)
    loss = _lines(methods, _curves(methods, "ground", "epoch", "total"), "epoch", "total", best=False)
    return [
        Chart(
            "Training: mIoU on dev after each epoch. The ringed epoch is the one kept.",
            f"mIoU on dev by epoch: {_ends(miou, ' %')}",
            _epochs(miou),
            axis("mIoU on dev (%)", 0, _highest(miou)),
            miou,
        ),
        Chart(
            "Training: loss on train",
            f"Training loss by epoch: {_ends(loss, '')}",
            _epochs(loss),
            axis("loss on train (nats)", 0, _highest(loss)),
            loss,
        ),
    ]


def _pretraining(methods: Sequence[str]) -> list[Chart]:
    tables = _curves(methods, "pretrain", "epoch", "dev_bound")
    if not tables:
        return []
    bound = _lines(methods, tables, "epoch", "dev_bound", best=True)
    charts = [
        Chart(
            "Pretraining: how much sounds tell of what they must foretell, at least",
            f"Bound on dev by epoch: {_ends(bound, ' nats')}",
            _epochs(bound),
            axis("bound on dev (nats)", 0, _highest(bound)),
            bound,
        )
    ]
    for name, table in tables.items():
        columns = [column for column in map(str, table) if column.startswith("dev_accuracy_")]
        lines = [
            Line(
                f"{column.rpartition('_')[2]} ahead",
                # Not the styles of the first methods, which they have nothing to do with.
                number + 3,
                list(zip(table["epoch"].astype(float), 100 * table[column].astype(float), strict=True)),
            )
            for number, column in enumerate(columns)
        ]
        if lines:
            charts.append(
                Chart(
                    f"Pretraining of {name}: InfoNCE accuracy on dev, by how many steps ahead",
                    f"InfoNCE accuracy on dev: {_ends(lines, ' %')}",
                    _epochs(lines),
                    axis("accuracy on dev (%)", 0, 100),
                    lines,
                )
            )
    return charts


def _curriculum(methods: Sequence[str]) -> list[Chart]:
    tables = _curves(methods, "curriculum", "step", "seen")
    lines = [
        Line(line.name, line.style, _stairs(line.points))
        for line in _lines(methods, tables, "step", "seen", best=False)
    ]
    if not lines:
        return []
    stages = max(int(table["stage"].max()) for table in tables.values())
    return [
        Chart(
            f"Curriculum: how much of the video is shown, from stage 0 to stage {stages}",
            f"Share of the video shown by pretraining step: {_ends(lines, ' %')}",
            axis("pretraining step", 0, max(line.points[-1][0] for line in lines), 4),
            axis("part of the video shown (%)", 0, 100),
            lines,
        )
    ]


def _stairs(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A level holds until the next step, and only its corners are drawn."""
    corners = [points[0]]
    for step, level in points[1:]:
        if level != corners[-1][1]:
            corners += [(step, corners[-1][1]), (step, level)]
    return [*corners, (points[-1][0], corners[-1][1])]


_BANDS = {
    "moment": ("mIoU by length of the moment", "length of the moment, part of the video"),
    "noise at": ("mIoU by loudness of the noise", "speech over noise (SNR)"),
    "speaker": ("mIoU by speaker", "speaker"),
}


def _bands(methods: Sequence[str]) -> list[Chart]:
    tables = {name: read_curve("bands", name, ("band", "mIoU", "queries")) for name in methods}
    found = {name: table for name, table in tables.items() if table is not None}
    charts = []
    for kind, (title, x_title) in _BANDS.items():
        parts = {
            name: table[table["band"].str.startswith(f"{kind} ")].set_index("band")
            for name, table in found.items()
        }
        bands = list(dict.fromkeys(band for part in parts.values() for band in part.index))
        if len(bands) < 2:
            continue
        queries = {band: int(part.loc[band, "queries"]) for part in parts.values() for band in part.index}
        lines = [
            Line(
                name,
                methods.index(name),
                [(float(bands.index(band)), float(part.loc[band, "mIoU"])) for band in part.index],
            )
            for name, part in parts.items()
            if len(part)
        ]
        ticks = [
            (float(place), f"{band.removeprefix(f'{kind} ').replace('-', '–')}\n{queries[band]:,}")
            for place, band in enumerate(bands)
        ]
        charts.append(
            Chart(
                f"{title}. Below each band: its queries.",
                "; ".join(
                    f"{line.name}: " + ", ".join(f"{level:.0f} %" for _, level in line.points)
                    for line in lines
                ),
                Axis(x_title, -0.4, len(bands) - 0.6, ticks),
                axis("mIoU on test (%)", 0, max(50.0, _highest(lines))),
                lines,
            )
        )
    return charts
