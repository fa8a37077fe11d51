import numpy as np
import pytest

from stages.training.batches import batches_of

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(10, 600, 1003)
VIDEOS = np.sort(RNG.integers(0, 260, 1003))
RNG.shuffle(VIDEOS)
ALONE = np.arange(1003)


@pytest.mark.parametrize("groups", [VIDEOS, ALONE, np.zeros(1003, int)])
def test_every_row_comes_once_and_no_batch_is_too_large(groups):
    batches = batches_of(LENGTHS, groups, 16, seed=0, epoch=3)
    assert sorted(np.concatenate(batches)) == list(range(1003))
    assert max(map(len, batches)) <= 16


def test_the_queries_of_a_video_share_a_batch():
    batches = batches_of(LENGTHS, VIDEOS, 16, 0, 0)
    seen = [video for rows in batches for video in np.unique(VIDEOS[rows])]
    assert len(seen) == len(set(seen))
    # Whole videos leave little room in a batch.
    assert np.mean([len(rows) for rows in batches]) > 13


def test_a_video_with_more_queries_than_a_batch_holds_is_cut():
    batches = batches_of(np.full(10, 7), np.array([5] * 9 + [2]), 4, 0, 0)
    assert sorted(len(rows) for rows in batches) in ([1, 1, 4, 4], [2, 4, 4])


def test_the_order_depends_on_seed_and_epoch_alone():
    first = batches_of(LENGTHS, VIDEOS, 16, 0, 0)
    again = batches_of(LENGTHS, VIDEOS, 16, 0, 0)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    for seed, epoch in ((1, 0), (0, 1)):
        other = batches_of(LENGTHS, VIDEOS, 16, seed, epoch)
        assert any(len(a) != len(b) or (a != b).any() for a, b in zip(first, other, strict=False))


def test_like_lengths_come_together_and_long_batches_at_any_time():
    batches = batches_of(LENGTHS, ALONE, 16, 0, 0)
    padding = sum(LENGTHS[rows].max() * len(rows) for rows in batches) / LENGTHS.sum() - 1
    assert padding < 0.1
    middles = [LENGTHS[rows].mean() for rows in batches]
    assert abs(np.corrcoef(middles, np.arange(len(batches)))[0, 1]) < 0.3
