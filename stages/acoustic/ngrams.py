"""How likely a word is after those before it: n-grams, smoothed by interpolated Kneser-Ney discounting."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

START, END, UNKNOWN = "<s>", "</s>", "<unk>"

Ngram = tuple[str, ...]


class Entry(NamedTuple):
    """Base-10 logarithms: of an n-gram's probability, and of its weight where what follows is unseen."""

    probability: float
    backoff: float


# By order, from unigrams on. Every part of an n-gram is among those of its order.
Ngrams = list[dict[Ngram, Entry]]

# What ARPA files give a word that is never predicted.
_NEVER = -99.0


def estimate(sentences: Sequence[Sequence[str]], order: int) -> Ngrams:
    """The n-grams of the sentences and of what begins and ends them.

    The probability of a word is what discounting leaves of its share, and the rest, spread as the next
    shorter history says; in the end evenly over the words, the end and the unknown word. Together they are 1.
    """
    counts = _counts(sentences, order)
    shares, spread = _discounted(counts[0])
    even = spread[()] / (len(shares) + 1)
    unigrams = {gram: share + even for gram, share in shares.items()}
    chances = [unigrams | {(UNKNOWN,): even, (START,): 10**_NEVER}]
    backoffs = []
    for of_order in counts[1:]:
        shares, spread = _discounted(of_order)
        shorter = chances[-1]
        chances.append(
            {gram: share + spread[gram[:-1]] * shorter[gram[1:]] for gram, share in shares.items()}
        )
        backoffs.append(spread)
    # Nothing is longer than the last ones.
    backoffs.append({})
    return [
        {gram: Entry(math.log10(found[gram]), math.log10(weights.get(gram, 1.0))) for gram in _sorted(found)}
        for found, weights in zip(chances, backoffs, strict=True)
    ]


def _sorted(grams: dict[Ngram, float]) -> list[Ngram]:
    special = {UNKNOWN: 0, START: 1, END: 2}
    return sorted(grams, key=lambda gram: [(special.get(word, 3), word) for word in gram])


def _counts(sentences: Sequence[Sequence[str]], order: int) -> list[Counter[Ngram]]:
    """How often each n-gram stands; of shorter ones, behind how many different words."""
    seen: list[Counter[Ngram]] = [Counter() for _ in range(order)]
    for words in sentences:
        whole = (START, *words, END)
        for n, counter in enumerate(seen, 1):
            counter.update(zip(*(whole[first:] for first in range(n)), strict=False))
    for shorter, longer in pairwise(seen):
        behind = Counter(gram[1:] for gram in longer)
        # Nothing stands before a sentence.
        shorter.update({gram: behind[gram] - count for gram, count in shorter.items() if gram[0] != START})
    del seen[0][(START,)]
    return seen


def _discounted(counts: Counter[Ngram]) -> tuple[dict[Ngram, float], dict[Ngram, float]]:
    """The share of each n-gram among those of its history, less the discount; and what each history gave."""
    of_counts = Counter(counts.values())
    once, twice = of_counts[1], of_counts[2]
    discount = once / (once + 2 * twice) if once else 0.5
    totals: Counter[Ngram] = Counter()
    kinds: Counter[Ngram] = Counter()
    for gram, count in counts.items():
        totals[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    shares = {gram: (count - discount) / totals[gram[:-1]] for gram, count in counts.items()}
    return shares, {history: discount * kinds[history] / totals[history] for history in totals}
