"""The words room: a vector for every word of the captions that GloVe knows, and who knows which."""

from pathlib import Path

import numpy as np
import pandas as pd

from stages.common.artifacts import read_table, write_json, write_table
from stages.common.errors import DataError, stage_entry
from stages.common.params import load_params
from stages.common.params.schema import Text
from stages.common.words import split_words
from stages.words.glove import Vectors, read_package, read_text_file

OUT = Path("data/words/words.parquet")


def _vectors(text: Text, words: list[str]) -> Vectors:
    if text.embeddings == "learned":
        return {}
    found = read_package(words) if text.glove is None else read_text_file(Path(text.glove), words)
    if not found:
        raise DataError(
            f"text.glove: {text.glove or 'the packaged table'} has none of the {len(words)} words of the "
            f"captions, e.g. {words[0]!r}; expected English words in lower case"
        )
    return found


@stage_entry
def main() -> None:
    """Write data/words/words.parquet and metrics/stages/words.json."""
    text = load_params().text
    queries = read_table(Path("data/corpus/queries.parquet"), "corpus")
    said = queries["caption"].map(split_words)
    counts = said.explode().value_counts()
    words = sorted(counts.index)
    heard_in_training = set(said[queries["split"] == "train"].explode())
    vectors = _vectors(text, words)
    table = pd.DataFrame(
        {
            "word": words,
            "count": counts[words].to_numpy(),
            "in_train": [word in heard_in_training for word in words],
            # An empty list: no vector is known.
            "vector": [vectors.get(word, np.empty(0, np.float32)).tolist() for word in words],
        }
    )
    unknown = table[table["vector"].map(len) == 0] if vectors else table[~table["in_train"]]
    facts = {
        "embeddings": text.embeddings,
        "width": len(next(iter(vectors.values()))) if vectors else text.learned_width,
        "words": len(words),
        "unknown_words": len(unknown),
        "unknown_share": round(float(unknown["count"].sum() / counts.sum()), 4),
    }
    write_table(OUT, table)
    write_json(Path("metrics/stages/words.json"), facts)
    shown = unknown.sort_values("count", ascending=False)["word"].head(5).tolist()
    print(
        f"{facts['words']:,} words, {facts['embeddings']} vectors of {facts['width']} numbers; unknown: "
        f"{facts['unknown_words']} words, {100 * facts['unknown_share']:.1f} % of what is said {shown or ''}"
    )


if __name__ == "__main__":
    main()
