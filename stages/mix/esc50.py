"""ESC-50 in its own layout: meta/esc50.csv names the clips and their folds, audio/ holds them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stages.common.errors import DataError

TABLE = Path("meta/esc50.csv")
FOLDS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True)
class Esc50:
    """The clips of each fold, in the order of their names."""

    folder: Path
    folds: dict[int, list[str]]

    def path(self, name: str) -> Path:
        """The file of a clip."""
        return self.folder / "audio" / name

    def clips(self, split: str, folds: list[int]) -> list[str]:
        """The clips that a split hears."""
        for fold in folds:
            if not self.folds.get(fold):
                raise DataError(
                    f"{self.folder / TABLE} has no clip of fold {fold}, which noise.folds.{split} asks for; "
                    f"it has folds {', '.join(map(str, sorted(self.folds)))}: change noise.folds.{split}, "
                    "or get the whole ESC-50"
                )
        return [name for fold in folds for name in self.folds[fold]]


def read_esc50(folder: Path) -> Esc50:
    """Read and check the table of `folder`, or of the only folder in it (an unpacked ESC-50-master)."""
    root = _root(folder)
    table = _read_table(root / TABLE)
    present = {path.name for path in (root / "audio").glob("*")}
    missing = [name for name in table["filename"] if name not in present]
    if missing:
        raise DataError(
            f"{root / TABLE} lists {missing[0]} and {len(missing) - 1} more that are not in "
            f"{root / 'audio'}; copy ESC-50 again, whole"
        )
    folds: dict[int, list[str]] = {}
    for name, fold in sorted(zip(table["filename"], table["fold"], strict=True)):
        folds.setdefault(int(fold), []).append(name)
    return Esc50(root, folds)


def _root(folder: Path) -> Path:
    if (folder / TABLE).exists():
        return folder
    roots = [table.parents[1] for table in sorted(folder.glob(f"*/{TABLE}"))]
    if len(roots) != 1:
        raise DataError(
            f"{folder} holds {len(roots)} times {TABLE}, itself or in a folder within; "
            "expected ESC-50 as published: meta/esc50.csv and the clips in audio/"
        )
    return roots[0]


def _read_table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, OSError) as error:
        raise DataError(f"{path} can't be read as a table ({' '.join(str(error).split())})") from None
    if not isinstance(table.index, pd.RangeIndex):
        raise DataError(f"{path} has rows of more cells than its header; get ESC-50's table again")
    if missing := {"filename", "fold"} - set(table.columns):
        raise DataError(
            f"{path} has no column {' and '.join(sorted(missing))}; "
            f"it has {', '.join(map(str, table.columns))}. Expected ESC-50's table: "
            "filename,fold,target,category,esc10,src_file,take"
        )
    for row, name, fold in zip(table.index + 2, table["filename"], table["fold"], strict=True):
        if fold not in FOLDS:
            raise DataError(f"{path}, line {row}: the fold is {fold!r}, expected a whole number from 1 to 5")
        if not name or name != Path(name).name:
            raise DataError(f"{path}, line {row}: {name!r} is no plain file name in audio/")
    twice = table.loc[table["filename"].duplicated(), "filename"]
    if len(twice):
        # In two folds it would be heard in training and in test.
        raise DataError(f"{path} lists {twice.iloc[0]} more than once; each clip has one fold")
    return table
