import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.mix.mixing import covered_part, mix, noise_part
from stages.mix.strength import Strength, strength_of, weights
from tests.mix.noise_world import params


def int16(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int16)


def test_add_by_hand():
    # The speech is 10,000 loud; noise of loudness 2 is brought there, then halved.
    result = mix(int16(10_000, 10_000, 10_000, 10_000), np.array([2.0, -2.0]), 1, 0.5, "add")
    assert result.samples.tolist() == [10_000, 15_000, 5_000, 10_000]
    assert result.snr_db == pytest.approx(6.02, abs=0.005)
    assert not result.scaled


def test_convex_by_hand_weakens_the_speech_under_the_noise_only():
    result = mix(int16(10_000, 10_000, 10_000, 10_000), np.array([2.0, -2.0]), 1, 0.8, "convex")
    assert result.samples.tolist() == [10_000, 10_000, -6_000, 10_000]
    assert result.snr_db == pytest.approx(-12.04, abs=0.005)


def test_what_would_clip_is_scaled_as_a_whole():
    result = mix(int16(30_000, 30_000, 30_000), np.array([1.0, -1.0]), 0, 1.0, "add")
    # 60,000 becomes 32,767, so 30,000 becomes 16,383.5.
    assert result.samples.tolist() == pytest.approx([32_767, 0, 16_384], abs=1)
    assert result.scaled
    assert result.snr_db == pytest.approx(0, abs=0.01)


def test_noise_alone_has_no_ratio():
    assert mix(int16(10_000, -10_000), np.array([1.0, 1.0]), 0, 1.0, "convex").snr_db is None


@given(
    seed=st.integers(0, 2**32),
    samples=st.integers(400, 2000),
    loud=st.floats(300, 30_000),
    alpha=st.floats(0.05, 0.95),
    fraction=st.floats(0.3, 1),
    mode=st.sampled_from(["add", "convex"]),
)
def test_the_ratio_is_the_asked_one_and_nothing_else_changes(seed, samples, loud, alpha, fraction, mode):
    rng = np.random.default_rng(seed)
    speech = np.clip(loud * rng.standard_normal(samples), -32_767, 32_767).astype(np.int16)
    start, length = covered_part(samples, fraction, rng.random())
    result = mix(speech, rng.standard_normal(length), start, alpha, mode)
    assert len(result.samples) == samples
    assert np.abs(result.samples.astype(int)).max() <= 32_767
    speech_weight, noise_weight = weights(alpha, mode)
    assert result.snr_db == pytest.approx(20 * np.log10(speech_weight / noise_weight), abs=0.1)
    outside = np.r_[0:start, start + length : samples]
    before, after = speech[outside].astype(float), result.samples[outside].astype(float)
    if result.scaled:
        assert np.abs(result.samples.astype(int)).max() == 32_767
        factor = before @ after / max(1.0, before @ before)
        assert np.abs(after - factor * before).max(initial=0) <= 1
    else:
        assert np.array_equal(after, before)


@pytest.mark.parametrize("mode", ["add", "convex"])
def test_no_proportion_no_change(mode):
    speech = np.random.default_rng(0).integers(-32_767, 32_768, 500).astype(np.int16)
    result = mix(speech, np.random.default_rng(1).standard_normal(200), 100, 0.0, mode)
    assert np.array_equal(result.samples, speech)
    assert result.snr_db is None


def test_the_covered_part_lies_within_the_speech():
    assert covered_part(100, 1.0, 0.99) == (0, 100)
    assert covered_part(100, 0.25, 0.0) == (0, 25)
    assert covered_part(100, 0.25, 0.9999) == (75, 25)
    assert covered_part(100, 0.0, 0.5)[1] == 0


def test_long_noise_gives_a_part_and_short_noise_a_loop():
    part, first = noise_part(np.arange(10, dtype=np.int16), 4, 0.5)
    assert (np.round(part * 32_767).tolist(), first) == ([3, 4, 5, 6], 3)
    part, first = noise_part(np.array([1, 2, 3], dtype=np.int16), 7, 0.34)
    assert (np.round(part * 32_767).tolist(), first) == ([2, 3, 1, 2, 3, 1, 2], 1)


@pytest.mark.parametrize(
    ("mode", "snr_db", "alpha"),
    [("add", 0, 1), ("add", 20, 0.1), ("add", -6.0206, 2), ("convex", 0, 0.5), ("convex", 20, 1 / 11)],
)
def test_a_ratio_as_a_proportion(mode, snr_db, alpha):
    strength = Strength("snr_db", float(snr_db), float(snr_db), mode, "noise.snr_db")
    assert strength.alpha(0.3) == pytest.approx(alpha, rel=1e-5)


def test_levels_are_the_papers_and_give_way():
    assert strength_of(params(level="clean").noise).is_clean
    normal, large = strength_of(params(level="normal").noise), strength_of(params(level="large").noise)
    assert [normal.alpha(0.0), normal.alpha(1.0)] == pytest.approx([0.5, 0.7])
    assert [large.alpha(0.0), large.alpha(1.0)] == pytest.approx([0.7, 0.9])
    own = strength_of(params(level="clean", proportion=[0.2, 0.4]).noise)
    assert (own.alpha(0.5), own.is_clean) == (pytest.approx(0.3), False)
    ratio = strength_of(params(level="clean", snr_db=[0.0, 0.0]).noise)
    assert (ratio.alpha(0.5), ratio.is_clean) == (1, False)
