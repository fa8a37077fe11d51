import numpy as np
import pytest

from stages.common.params.schema import Augment
from stages.training.augment import augmented

NONE = Augment(speed=0.0, warp=0.0, longest_time_mask=0, widest_band_mask=0)
MELS = np.random.default_rng(0).normal(size=(100, 128)).astype(np.float32)


def changed(seed=0, **keys):
    return augmented(MELS, NONE.model_copy(update=keys), np.random.default_rng(seed))


def test_nothing_asked_changes_nothing():
    # Too small to change a number, and not nothing: it goes the long way.
    for found in (changed(), changed(speed=1e-300)):
        assert found.dtype == np.float32
        assert found.tobytes() == MELS.tobytes()


def test_nothing_asked_costs_nothing(monkeypatch):
    monkeypatch.setattr("stages.training.augment._between", lambda *_: pytest.fail("it interpolates"))
    changed()
    with pytest.raises(pytest.fail.Exception):
        changed(speed=0.1)


def test_the_pace_changes_the_length_within_its_bounds():
    lengths = [len(changed(seed, speed=0.2)) for seed in range(200)]
    assert 83 <= min(lengths) < 88
    assert 117 < max(lengths) <= 125


def test_another_vocal_tract_moves_a_band():
    tone = np.zeros((10, 128), np.float32)
    tone[:, 64] = 1
    peaks = [
        augmented(tone, NONE.model_copy(update={"warp": 0.25}), np.random.default_rng(seed))[5].argmax()
        for seed in range(50)
    ]
    assert 51 <= min(peaks) < 56
    assert 74 < max(peaks) <= 86


@pytest.mark.parametrize(("key", "axis"), [("longest_time_mask", 1), ("widest_band_mask", 0)])
def test_a_mask_covers_up_to_what_is_asked_in_one_piece_anywhere(key, axis):
    sizes, places = set(), set()
    for seed in range(300):
        found = changed(seed, **{key: 12})
        touched = np.flatnonzero((found != MELS).any(axis=axis))
        sizes.add(len(touched))
        if len(touched):
            assert touched.tolist() == list(range(touched[0], touched[-1] + 1))
            places.update(touched)
            missing, usual = found.take(touched, 1 - axis), MELS.mean(axis=1 - axis, keepdims=True)
            np.testing.assert_allclose(missing, np.broadcast_to(usual, missing.shape), atol=1e-6)
    assert sizes == set(range(13))
    assert len(places) > 0.9 * MELS.shape[1 - axis]


def test_the_original_is_left_alone():
    before = MELS.copy()
    changed(speed=0.2, warp=0.2, longest_time_mask=50, widest_band_mask=50)
    np.testing.assert_array_equal(MELS, before)
