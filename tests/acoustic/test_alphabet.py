import numpy as np
import pytest

from stages.acoustic.alphabet import ALPHABET, BLANK, as_labels, as_text, serialised, spelled


@pytest.mark.parametrize(
    ("caption", "text"),
    [
        ("A pink square appears.", "a pink square appears"),
        ("Don’t, STOP -- it's me!", "don't stop it's me"),
        ("Café au naïve", "cafe au naive"),
        ("Two men, 3 dogs.", None),
        ("Straße", None),
        ("...", None),
    ],
)
def test_captions_are_spelled_with_28_characters_or_not_at_all(caption, text):
    assert spelled(caption) == text


def test_classes_are_the_places_in_the_alphabet_and_the_blank_is_behind():
    assert (len(ALPHABET), BLANK) == (28, 28)
    assert as_labels("a z'").tolist() == [1, 0, 26, 27]


def test_repetitions_are_one_character_unless_a_blank_stands_between():
    frames = [28, 1, 1, 28, 1, 2, 2, 0, 0, 28, 28, 3]
    assert as_text(np.array(frames)) == "aab c"
    assert as_text(np.array([28, 28])) == ""


def test_the_serialised_alphabet_byte_by_byte():
    data = serialised()
    assert data[:12] == bytes([28, 0, 0, 0, 1, 0, ord(" "), 1, 0, 1, 0, ord("a")])
    assert data[-5:] == bytes([27, 0, 1, 0, ord("'")])
    assert len(data) == 2 + 28 * 5
