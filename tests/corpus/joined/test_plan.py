"""Which clips are joined, and what is left of each."""

from itertools import pairwise

import pytest

from stages.common.errors import DataError
from stages.corpus.joined.clips_table import Caption, Clip
from stages.corpus.joined.plan import grouped, join, shortest
from tests.corpus.joined.worlds import corpus

STEPS = 20


def clips(count, per_source=1, categories="ab"):
    return [
        Clip(
            f"c{n:03d}",
            "",
            "train",
            f"s{n // per_source}",
            categories[n % len(categories)],
            [Caption(f"text {n}")],
        )
        for n in range(count)
    ]


def params(**changes):
    return corpus("/clips", changes).joined


def joined(given, seed=0, round_=0, **changes):
    return join(
        given, dict.fromkeys([c.name for c in given], STEPS), "train", round_, params(**changes), 2, seed
    )


def test_every_clip_is_joined_once_and_videos_have_as_many_as_asked():
    videos = joined(clips(203))
    names = [piece.clip.name for video in videos for piece in video.pieces]
    assert sorted(names) == sorted(clip.name for clip in clips(203))
    sizes = {len(video.pieces) for video in videos}
    assert sizes == {3, 4, 5, 6}


def test_no_two_of_a_video_have_a_source_or_a_caption_in_common():
    given = clips(120, per_source=4)
    for number in (0, 5, 9):
        given[number].captions.append(Caption("Text 77"))
    for video in joined(given):
        assert len({piece.clip.source for piece in video.pieces}) == len(video.pieces)
        texts = [c.text.lower() for piece in video.pieces for c in piece.clip.captions]
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0.0, 0.4), (1.0, 0.9, 1.0)])
def test_videos_are_of_one_category_as_often_as_asked(share, least, most):
    videos = joined(clips(400, categories="abcd"), same_category=share)
    alike = [len({piece.clip.category for piece in video.pieces}) == 1 for video in videos]
    assert least <= sum(alike) / len(alike) <= most


def test_each_round_and_each_seed_join_otherwise_and_the_same_do_not():
    def made(**changes):
        return [
            [(p.clip.name, p.first, p.steps) for p in video.pieces] for video in joined(clips(60), **changes)
        ]

    assert made() == made()
    assert made() != made(seed=1)
    assert made() != made(round_=1)


def test_pieces_follow_each_other_and_neighbours_share_the_fade():
    for fade, shared in ((0.0, 0), (0.5, 1), (1.5, 3)):
        for video in joined(clips(40), fade=fade, trim=0.5):
            for one, other in pairwise(video.pieces):
                assert other.start == one.start + one.steps - shared
            assert all(p.first >= 0 and p.first + p.steps <= STEPS for p in video.pieces)
            assert all(p.steps >= STEPS // 2 for p in video.pieces)
            moments = list(video.moments())
            # They lie side by side, from the start to the end.
            assert moments[0][1] == 0
            assert moments[-1][2] == video.steps
            assert all(a[2] == b[1] for a, b in pairwise(moments))


def test_nothing_is_cut_away_where_none_may():
    assert {piece.steps for video in joined(clips(30), trim=0.0) for piece in video.pieces} == {STEPS}


def test_a_piece_is_seen_between_its_fades():
    assert shortest(params(fade=0.0), 2) == 2
    assert shortest(params(fade=2.0), 2) == 9


def test_more_clips_asked_for_than_there_are_is_said():
    with pytest.raises(
        DataError, match=r"train split has 8 usable clips of 2 sources, and a video .* at least 3"
    ):
        joined(clips(8, per_source=4))


def test_what_fits_nowhere_is_left_out():
    # Of the second source only one clip may stand in each video.
    given = clips(9)
    for clip in given[3:]:
        clip.source = "one"
    groups = grouped(given, "train", 0, params(clips_per_video=[3, 3]), 0)
    assert [len(group) for group in groups] == [3]
