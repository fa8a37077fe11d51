import numpy as np

from stages.systems.vgcl.video_gap import _of_other_videos


def test_each_query_gets_the_next_video_that_is_not_its_own():
    assert _of_other_videos(np.array([4, 4, 1, 4])).tolist() == [2, 2, 3, 2]
    assert _of_other_videos(np.array([7, 7])).tolist() == [0, 1]
