"""The words room: what a method reads, and its words as vectors. `python -m stages.words METHOD`."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.common.artifacts import write_json, write_table
from stages.common.errors import DataError, stage_entry
from stages.common.params import load_params
from stages.common.params.load import chosen_method
from stages.common.params.schema import Text
from stages.common.words import split_words
from stages.words.glove import Vectors, read_package, read_text_file
from stages.words.texts import texts_of

OUT = Path("data/words")


def _vectors(text: Text, words: list[str]) -> Vectors:
    if text.embeddings == "learned" or not words:
        return {}
    found = read_package(words) if text.glove is None else read_text_file(Path(text.glove), words)
    if not found:
        raise DataError(
            f"text.glove: {text.glove or 'the packaged table'} has none of the {len(words)} words that are "
            f"read, e.g. {words[0]!r}; expected English words in lower case"
        )
    return found


def _table_of(said: pd.DataFrame, text: Text) -> pd.DataFrame:
    """A row per word; an empty vector where none is known."""
    counts = said["words"].explode().dropna().value_counts()
    words = sorted(counts.index)
    heard_in_training = set(said["words"][said["split"] == "train"].explode().dropna())
    vectors = _vectors(text, words)
    return pd.DataFrame(
        {
            "word": words,
            "count": counts[words].to_numpy(np.int64),
            "in_train": np.array([word in heard_in_training for word in words], dtype=bool),
            "vector": [vectors.get(word, np.empty(0, np.float32)).tolist() for word in words],
        }
    )


def _facts_of(query: str, text: Text, said: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    if query == "speech":
        return {"reads": "nothing"}
    learned = text.embeddings == "learned"
    known = table["in_train"] if learned else table["vector"].map(len) > 0
    return {
        "reads": query,
        "embeddings": text.embeddings,
        "width": text.learned_width if learned else max(map(len, table["vector"]), default=0),
        "words": len(table),
        "unknown_words": int((~known).sum()),
        "unknown_share": round(float(table["count"][~known].sum() / max(1, table["count"].sum())), 4),
        "blank_queries": int((said["words"].map(len) == 0).sum()),
    }


@stage_entry
def main() -> None:
    """Write said.parquet and words.parquet of one method; both are empty for a method that listens."""
    parser = argparse.ArgumentParser(prog="python -m stages.words", description=__doc__)
    parser.add_argument("method")
    params = load_params()
    name = chosen_method(params, parser.parse_args().method)
    method, text = params.methods[name], params.of(name).text
    query = method.query
    said = texts_of(query, method.train_query)
    said["words"] = said.pop("text").map(split_words)
    table = _table_of(said, text)
    facts = _facts_of(query, text, said, table)
    write_table(OUT / name / "said.parquet", said[["query_id", "words"]])
    write_table(OUT / name / "words.parquet", table)
    write_json(Path(f"metrics/stages/words-{name}.json"), facts)
    if query == "speech":
        print(f"{name}: nothing to read")
        return
    print(
        f"{name}: {facts['words']:,} words, {facts['embeddings']} vectors of {facts['width']} numbers; "
        f"unknown: {facts['unknown_words']} words, {100 * facts['unknown_share']:.1f} % of what is read"
    )


if __name__ == "__main__":
    main()
