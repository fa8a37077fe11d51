import numpy as np

from stages.training.buckets import bucketed

LENGTHS = np.random.default_rng(0).integers(10, 600, 1003)


def test_every_row_comes_once():
    rows = np.concatenate(bucketed(LENGTHS, 16, seed=0, epoch=3))
    assert sorted(rows) == list(range(1003))


def test_the_order_depends_on_seed_and_epoch_alone():
    first = bucketed(LENGTHS, 16, 0, 0)
    assert all((a == b).all() for a, b in zip(first, bucketed(LENGTHS, 16, 0, 0), strict=True))
    for other in (bucketed(LENGTHS, 16, 1, 0), bucketed(LENGTHS, 16, 0, 1)):
        assert any(len(a) != len(b) or (a != b).any() for a, b in zip(first, other, strict=True))


def test_like_lengths_come_together_and_long_batches_at_any_time():
    batches = bucketed(LENGTHS, 16, 0, 0)
    padding = sum(LENGTHS[rows].max() * len(rows) for rows in batches) / LENGTHS.sum() - 1
    assert padding < 0.1
    middles = [LENGTHS[rows].mean() for rows in batches]
    assert abs(np.corrcoef(middles, np.arange(len(batches)))[0, 1]) < 0.3
