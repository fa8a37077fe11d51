import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.common.loading import mean_over_bins, pad


def test_means_over_equal_parts_by_hand():
    features = np.arange(6, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(mean_over_bins(features, 3)[:, 0], [0.5, 2.5, 4.5])
    np.testing.assert_array_equal(mean_over_bins(features[:2], 4)[:, 0], [0, 0, 1, 1])
    np.testing.assert_array_equal(mean_over_bins(features[:1], 3)[:, 0], [0, 0, 0])


@given(st.integers(1, 300), st.integers(1, 80))
def test_the_bins_stay_within_the_video_and_in_order(count, frames):
    bins = mean_over_bins(np.arange(count, dtype=np.float64)[:, None], frames)[:, 0]
    assert bins.shape == (frames,)
    assert bins.min() >= 0
    assert bins.max() <= count - 1
    assert (np.diff(bins) >= 0).all()
    if count % frames == 0:
        np.testing.assert_allclose(bins.mean(), (count - 1) / 2, rtol=1e-5)


def test_padding_is_zero_and_masked_and_long_ones_are_cut():
    values, mask = pad([np.ones((2, 3), np.float32), np.full((9, 3), 2, np.float32)], longest=4)
    assert values.shape == (2, 4, 3)
    np.testing.assert_array_equal(mask, [[True, True, False, False], [True] * 4])
    assert (values[~mask] == 0).all()
    assert (values[mask] > 0).all()
