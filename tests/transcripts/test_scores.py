import pytest

from stages.transcripts.scores import as_pairs, errors_of


def test_errors_are_counted_by_kind():
    # By hand: "the" for "a", "rolls" missed, "fast" made up.
    pairs = as_pairs(["A red ball rolls!", "It’s a star"], ["the red ball", "it's a fast star"])
    found = errors_of(pairs)
    assert (found["substitutions"], found["deletions"], found["insertions"]) == (1, 1, 1)
    assert found["words"] == 7
    assert found["wer"] == pytest.approx(100 * 3 / 7, abs=0.01)
    # "a" to "the" is one for and two more, " rolls" six fewer, "fast " five more: 14 of 16 + 11 characters.
    assert found["cer"] == pytest.approx(100 * 14 / 27, abs=0.01)


def test_case_and_punctuation_are_no_errors():
    assert errors_of(as_pairs(["A red ball, rolling."], ["a RED ball rolling"]))["wer"] == 0


def test_nothing_understood_is_all_deleted():
    found = errors_of(as_pairs(["a red ball", "a star"], ["", " - "]))
    assert (found["wer"], found["deletions"], found["empty"]) == (100.0, 5, 2)
    assert found["all_right"] == 0
