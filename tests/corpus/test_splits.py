import numpy as np
import pandas as pd
import pytest

from stages.common.errors import DataError
from stages.corpus.splits import carve_dev, check_splits, draw


def table(**videos: str) -> pd.DataFrame:
    """Three queries per video, whose split is given."""
    rows = [(f"{video}_{k}", video, split) for video, split in videos.items() for k in range(3)]
    return pd.DataFrame(rows, columns=["query_id", "video_id", "split"])


def many(count: int) -> pd.DataFrame:
    return table(**{f"v{k}": "train" for k in range(count)}, t1="test", t2="test")


def split_of(carved: pd.DataFrame) -> dict[str, str]:
    return dict(zip(carved["video_id"], carved["split"], strict=True))


def test_a_video_stays_whole_and_test_stays_test():
    before = many(300)
    carved = carve_dev(before, 0.2, seed=0)
    assert carved.groupby("video_id")["split"].nunique().eq(1).all()
    assert set(carved.loc[carved["split"] == "test", "video_id"]) == {"t1", "t2"}
    assert 0.1 < (carved["split"] == "dev").sum() / 900 < 0.3
    assert set(before["split"]) == {"train", "test"}  # the given table is not changed


def test_a_draw_depends_on_seed_and_id_alone():
    carved = split_of(carve_dev(many(300), 0.2, seed=0))
    shuffled = many(300).sample(frac=1, random_state=np.random.default_rng(5))
    assert split_of(carve_dev(shuffled, 0.2, seed=0)) == carved
    fewer = split_of(carve_dev(many(150), 0.2, seed=0))
    assert fewer == {video: carved[video] for video in fewer}
    assert split_of(carve_dev(many(300), 0.2, seed=1)) != carved


def test_a_larger_fraction_only_adds():
    small, large = (draw([f"v{k}" for k in range(200)], f, 0, "dev") for f in (0.1, 0.3))
    assert small < large


def test_dev_and_test_are_drawn_apart():
    ids = [f"v{k}" for k in range(200)]
    assert draw(ids, 0.3, 0, "dev") != draw(ids, 0.3, 0, "test")


@pytest.mark.parametrize("fraction", [1e-9, 0.1, 0.499])
@pytest.mark.parametrize("seed", range(5))
def test_neither_side_is_empty(fraction, seed):
    assert len(draw(["a", "b"], fraction, seed, "dev")) == 1


def test_one_video_can_not_be_split():
    with pytest.raises(DataError, match="found 1 videos to take the dev split from"):
        carve_dev(table(a="train", t="test"), 0.1, seed=0)


def test_an_own_dev_split_is_kept():
    given = table(a="train", b="dev", t="test")
    assert split_of(carve_dev(given, 0.4, seed=0)) == {"a": "train", "b": "dev", "t": "test"}


@pytest.mark.parametrize("held_out", ["dev", "test"])
def test_a_video_in_two_splits_is_refused(held_out):
    leaking = table(a="train", b="train", t="test")
    leaking.loc[leaking["query_id"] == "a_2", "split"] = held_out
    with pytest.raises(DataError, match=f"1 videos stand in two splits, e.g. 'a' in train and {held_out}"):
        carve_dev(leaking, 0.1, seed=0)


def test_an_unknown_split_is_refused():
    with pytest.raises(DataError, match="found split 'valid', expected one of train, dev, test"):
        check_splits(table(a="train", b="valid"))
