"""The `.scorer`: KenLM's bytes, a trie that accepts the vocabulary, and what the library makes of them."""

import hashlib
import struct

import pytest

from stages.acoustic.alphabet import ALPHABET
from stages.acoustic.export import as_model_file
from stages.acoustic.kenlm import as_probing
from stages.acoustic.murmur import murmur64
from stages.acoustic.ngrams import estimate
from stages.acoustic.scorer import as_scorer
from stages.common.errors import DataError
from stages.common.params.acoustic import LanguageModel
from tests.acoustic.readers import accepted, automaton
from tests.acoustic.sounds import sound

CAPTIONS = ["a red ball rolls", "a ball spins", "the red star spins while a ball rolls", "a red ball"]
WORDS = {"a", "red", "ball", "rolls", "spins", "the", "star", "while"}
PARAMS = LanguageModel(order=3, alpha=0.9, beta=1.2)


def ngrams(order):
    return estimate([caption.split() for caption in CAPTIONS], order)


# Of the files that KenLM's own `build_binary -v probing` makes of the same n-grams, given as ARPA text.
@pytest.mark.parametrize(
    ("order", "sha256"),
    [
        (2, "e18876e3322beb5929c753269476b1f95a05f28fc35a16e17dc090685611e1e7"),
        (3, "e8691f398898fa9eb79480669fd9d301616c341fcfc9f443b69e603eb1856f33"),
        (4, "b520981ea5b470c06bfc38c5c9641460bc5372c1095b6918202b3b4311220b81"),
    ],
)
def test_the_language_model_has_the_bytes_of_kenlm(order, sha256):
    assert hashlib.sha256(as_probing(ngrams(order))).hexdigest() == sha256


@pytest.mark.parametrize("length", range(18))
def test_every_byte_changes_the_hash_of_a_word(length):
    word = bytes(range(1, length + 1))
    hashes = {murmur64(word), murmur64(word + b"\0")}
    hashes |= {murmur64(word[:n] + b"\xff" + word[n + 1 :]) for n in range(length)}
    assert len(hashes) == length + 2


def test_the_trie_accepts_the_words_of_the_captions_and_nothing_else():
    file, model = as_scorer(CAPTIONS, PARAMS), as_probing(ngrams(3))
    assert file.startswith(model)
    head = struct.unpack_from("<ii?dd", file, len(model))
    assert head == (0x54524945, 6, False, 0.9, 1.2)
    states = automaton(file, len(model) + struct.calcsize("<ii?dd"))
    spelled = ["".join(ALPHABET[label - 1] for label in labels) for labels in accepted(states)]
    assert sorted(spelled) == sorted(f"{word} " for word in WORDS)


def test_the_same_captions_in_any_order_give_the_same_bytes():
    assert as_scorer(CAPTIONS, PARAMS) == as_scorer(CAPTIONS[::-1], PARAMS)
    assert as_scorer(CAPTIONS, PARAMS) != as_scorer(CAPTIONS[:-1], PARAMS)


@pytest.fixture
def files(tmp_path, network):
    model, scorer = tmp_path / "acoustic.pbmm", tmp_path / "captions.scorer"
    model.write_bytes(as_model_file(network, 100))
    scorer.write_bytes(as_scorer(CAPTIONS, PARAMS))
    return model, scorer


def test_with_the_scorer_only_its_words_are_heard(runtime, files):
    heard = [sound(12_000, seed) for seed in range(4)]
    with runtime.model(files[0]) as model:
        without = [model.transcribe(samples) for samples in heard]
    with runtime.model(*files) as model:
        assert [model.transcribe(samples) for samples in heard] != without
        assert set(" ".join(model.transcribe(samples) for samples in heard).split()) <= WORDS
    assert not set(" ".join(without).split()) <= WORDS


def test_the_language_model_decides_between_words_that_sound_alike(runtime, files, tmp_path):
    """Whatever is heard, at a great weight the captions' own sentences win."""
    heard = sound(16_000, 1)
    answers = []
    for caption in ("red ball rolls", "the star spins"):
        scorer = tmp_path / f"{caption[:3]}.scorer"
        captions = [caption] * 50 + CAPTIONS
        scorer.write_bytes(as_scorer(captions, LanguageModel(order=3, alpha=40.0, beta=120.0)))
        with runtime.model(files[0], scorer) as model:
            answers.append(model.transcribe(heard))
    assert answers[0] != answers[1]


def test_a_scorer_cut_before_its_trie_is_refused(runtime, files):
    model, scorer = files
    scorer.write_bytes(scorer.read_bytes()[: len(as_probing(ngrams(3)))])
    with pytest.raises(DataError, match="0x2002"):
        runtime.model(model, scorer)
