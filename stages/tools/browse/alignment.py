"""Where a transcript departs from what was said, word by word."""

from collections.abc import Sequence

import jiwer

from stages.transcripts.scores import as_pairs

# What became of some words, the words that were said, the words that were understood.
Mark = tuple[str, str, str]


def marks_of(captions: Sequence[str], texts: Sequence[str]) -> list[list[Mark]]:
    """Per query its words in order, as `equal`, `substitute`, `delete` or `insert`."""
    pairs = as_pairs(captions, texts)
    found = jiwer.process_words([pair.said for pair in pairs], [pair.understood for pair in pairs])
    return [
        [
            (
                chunk.type,
                " ".join(said[chunk.ref_start_idx : chunk.ref_end_idx]),
                " ".join(understood[chunk.hyp_start_idx : chunk.hyp_end_idx]),
            )
            for chunk in chunks
        ]
        for said, understood, chunks in zip(found.references, found.hypotheses, found.alignments, strict=True)
    ]


def errors_in(marks: Sequence[Mark]) -> int:
    """How many words were substituted, left out or put in."""
    return sum(
        max(len(said.split()), len(understood.split())) for kind, said, understood in marks if kind != "equal"
    )
