from dataclasses import replace

import torch
import torch.nn.functional as F

from stages.systems.vgcl.aligned import Aligned, _inside, _negatives
from stages.systems.vgcl.pretraining import Batch
from tests.networks.conftest import BANDS, FEATURES, PRETRAINING, SPEECH, batch


def make() -> Aligned:
    torch.manual_seed(0)
    return Aligned(BANDS, SPEECH, FEATURES, PRETRAINING).eval()


def pretraining_batch(window: list[list[float]], video_of: list[int], frames: list[int]) -> Batch:
    """Utterances of different lengths about the videos of `video_of`."""
    size = len(window)
    queries, videos = batch("speech", [20, 13, 33, 9][:size]), batch("speech", [1] * len(frames), frames)
    inputs = replace(
        queries, video=videos.video, video_mask=videos.video_mask, video_of=torch.tensor(video_of)
    )
    same_ids = torch.stack([torch.arange(size), inputs.video_of], 1)
    return Batch(inputs, same_ids, torch.zeros(size), torch.tensor(window))


GIVEN = pretraining_batch([[0.0, 0.4], [0.2, 0.6], [0.5, 1.0], [0.5, 0.9]], [0, 1, 1, 0], [10, 7])


def scores_of(network: Aligned, given: Batch) -> torch.Tensor:
    latents, mask = network.encoder.latents(given.inputs.query, given.inputs.query_mask)
    contexts = network.encoder.contexts(latents, mask)
    return network._scores(contexts, mask, given.inputs, _inside(given.inputs, given.window))


def test_scores_are_those_of_one_utterance_and_one_window_at_a_time():
    network, inputs = make(), GIVEN.inputs
    latents, mask = network.encoder.latents(inputs.query, inputs.query_mask)
    contexts = network.encoder.contexts(latents, mask)
    video, video_mask = inputs.video, inputs.video_mask
    for block in network.video:
        video, video_mask = block(video, video_mask)
    wanted = torch.zeros(4, 4)
    for utterance in range(4):
        spoken = contexts[utterance, mask[utterance]]
        weights = network.weigh(spoken).softmax(0)[:, 0]
        for query, (first, last) in enumerate([(0, 4), (1, 4), (4, 7), (5, 9)]):
            seen = video[inputs.video_of[query], first:last]
            cosines = F.normalize(network.sound(spoken), dim=1) @ F.normalize(network.frame(seen), dim=1).T
            soft_maximum = ((cosines / 0.1).exp().mean(1)).log()
            wanted[utterance, query] = (weights * soft_maximum).sum()
    torch.testing.assert_close(scores_of(network, GIVEN), wanted, atol=1e-4, rtol=1e-4)


def test_a_window_hides_what_lies_far_outside_it():
    network = make()
    changed = replace(GIVEN, inputs=replace(GIVEN.inputs, video=GIVEN.inputs.video.clone()))
    changed.inputs.video[0, 7:] += 3.0  # three frames behind the first window, inside the fourth
    before, after = scores_of(network, GIVEN), scores_of(network, changed)
    torch.testing.assert_close(after[:, :3], before[:, :3])
    assert not torch.allclose(after[:, 3], before[:, 3])


def test_windows_that_share_half_of_the_shorter_one_are_no_negatives():
    # Of ten frames: [0, 4), [2, 5), [3, 9), and [0, 4) of another video.
    given = pretraining_batch([[0.0, 0.4], [0.2, 0.5], [0.3, 0.9], [0.0, 0.4]], [0, 0, 0, 1], [10, 10])
    inside = _inside(given.inputs, given.window)
    # The first two share two of three frames, the first and the third one of four.
    assert _negatives(given.same_ids, inside).tolist() == [
        [False, False, True, True],
        [False, False, False, True],
        [True, False, False, True],
        [True, True, True, False],
    ]
    whole = _inside(given.inputs, None)
    assert _negatives(given.same_ids, whole).tolist() == [[False, False, False, True]] * 3 + [
        [True, True, True, False]
    ]
    # One caption for two videos: neither is the other's negative.
    same_ids = given.same_ids.clone()
    same_ids[3, 0] = same_ids[0, 0]
    assert not _negatives(same_ids, inside)[0, 3]


def test_utterances_of_one_video_teach_nothing_when_all_of_it_is_seen():
    network = make()
    given = pretraining_batch([[0.0, 1.0]] * 2, [0, 0], [10])
    terms = network.loss(given)
    assert (terms["bound"], terms["matched"]) == (0.0, 0.0)
    assert torch.isfinite(terms["total"])
