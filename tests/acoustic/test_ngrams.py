import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.acoustic.ngrams import END, START, UNKNOWN, estimate


def probability(ngrams, history, word):
    """As a reader of n-grams works it out."""
    history = history[len(history) - len(ngrams) + 1 :] if len(history) >= len(ngrams) else history
    if (entry := ngrams[len(history)].get((*history, word))) is not None:
        return 10**entry.probability
    backoff = ngrams[len(history) - 1].get(history)
    return (10**backoff.backoff if backoff else 1.0) * probability(ngrams, history[1:], word)


def test_a_corpus_worked_by_hand():
    # Behind how many words: a 1 (<s>), b 1 (a), </s> 2 (a, b); discount 2 / (2 + 2·1) = 1/2, so 3/8 are
    # spread evenly over </s>, <unk>, a and b. Bigrams: <s> a twice, the others once; discount 3 / (3 + 2·1).
    unigrams, bigrams = estimate([["a", "b"], ["a"]], 2)
    found = {gram: 10**entry.probability for gram, entry in unigrams.items() if gram != (START,)}
    assert found == pytest.approx(
        {(UNKNOWN,): 3 / 32, (END,): 3 / 8 + 3 / 32, ("a",): 1 / 8 + 3 / 32, ("b",): 1 / 8 + 3 / 32}
    )
    assert {gram: 10**entry.probability for gram, entry in bigrams.items()} == pytest.approx(
        {
            (START, "a"): 0.7 + 0.3 * 7 / 32,
            ("a", END): 0.2 + 0.6 * 15 / 32,
            ("a", "b"): 0.2 + 0.6 * 7 / 32,
            ("b", END): 0.4 + 0.6 * 15 / 32,
        }
    )
    assert {gram[0]: 10**entry.backoff for gram, entry in unigrams.items()} == pytest.approx(
        {UNKNOWN: 1, START: 0.3, END: 1, "a": 0.6, "b": 0.6}
    )


WORDS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=12), st.integers(2, 4))
def test_what_may_follow_sums_to_one_after_any_history(sentences, order):
    ngrams = estimate(sentences, order)
    words = [gram[0] for gram in ngrams[0] if gram[0] != START]
    for history in itertools.chain([()], itertools.product([START, "a", "c"], repeat=order - 1)):
        assert sum(probability(ngrams, history, word) for word in words) == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=12), st.integers(2, 4))
def test_every_part_of_an_ngram_is_there(sentences, order):
    ngrams = estimate(sentences, order)
    for shorter, longer in itertools.pairwise(ngrams):
        assert {gram[:-1] for gram in longer} | {gram[1:] for gram in longer} <= set(shorter)


def test_the_order_of_the_sentences_does_not_matter():
    sentences = [["a", "b"], ["b", "c", "a"], ["a"]]
    assert estimate(sentences, 3) == estimate(sentences[::-1], 3)
    assert list(estimate(sentences, 3)[2]) == list(estimate(sentences[::-1], 3)[2])
