import math

import pytest
import torch

from stages.networks.interface import EdgeScores
from stages.networks.losses import bell, cross_entropy, highlight_loss, inside_loss, one_hot
from stages.networks.moments import Moments, on_grid
from stages.systems.vgcl.objective import InsideScores
from stages.systems.vslnet.objective import HighlightScores
from tests.networks.conftest import make, objective, prefix

THREE = math.log(3)


def moments(*pairs: tuple[int, int]) -> Moments:
    first, last = zip(*pairs, strict=True)
    return Moments(torch.tensor(first), torch.tensor(last))


@pytest.mark.parametrize(
    ("start", "end", "frames"),
    [
        (0.0, 1.0, (0, 9)),
        (0.2, 0.6, (2, 5)),
        (0.24, 0.56, (2, 5)),  # the nearest edges, 2 and 6
        (0.36, 0.39, (3, 3)),  # within one frame: that frame, though both edges are nearer to 4
        (0.97, 1.0, (9, 9)),
        (0.0, 0.01, (0, 0)),
    ],
)
def test_moments_stand_on_the_nearest_frames(start, end, frames):
    found = on_grid(torch.tensor([start]), torch.tensor([end]), prefix([10]))
    assert (found.first.item(), found.last.item()) == frames


def test_the_grid_is_that_of_the_real_frames():
    found = on_grid(torch.tensor([0.5, 0.5]), torch.tensor([1.0, 1.0]), prefix([10, 4]))
    assert found.first.tolist() == [5, 2]
    assert found.last.tolist() == [9, 3]


def test_extension_is_ten_percent_at_either_side_within_the_video():
    mask = prefix([40, 22, 40])
    found = moments((10, 29), (2, 21), (5, 8)).extended(0.1, mask)
    assert found.first.tolist() == [8, 0, 5]
    assert found.last.tolist() == [31, 21, 8]


def test_boundary_loss_by_hand():
    # One query, two chunks, a third frame of padding: p = 3/4 and 1/2 on the right frame.
    scores = torch.tensor([[[THREE, 0.0, 50.0], [0.0, 0.0, 50.0]]])
    mask = prefix([2, 3])[:1]
    found = cross_entropy(scores, one_hot(torch.tensor([0]), mask), mask)
    assert found.item() == pytest.approx(-(math.log(3 / 4) + math.log(1 / 2)) / 2)


def test_inside_loss_by_hand():
    # p = 3/4 inside and 1/2 outside; then a query of one frame, p = 1/4 inside; padding is free.
    scores = torch.tensor([[[THREE, 0.0]], [[-THREE, 50.0]]])
    found = inside_loss(scores, moments((0, 0), (0, 0)), prefix([2, 1]))
    first = -(math.log(3 / 4) + math.log(1 / 2)) / 2
    assert found.item() == pytest.approx((first - math.log(1 / 4)) / 2)


def test_highlight_loss_counts_the_moment_twice():
    found = highlight_loss(torch.tensor([[THREE, 0.0]]), moments((0, 0)), prefix([2]))
    assert found.item() == pytest.approx(-(2 * math.log(3 / 4) + math.log(1 / 2)) / 2)


def test_a_soft_label_is_a_normal_distribution_over_the_real_frames():
    label = bell(torch.tensor([1.0]), torch.tensor([1.0]), prefix([3, 4])[:1])
    weights = [math.exp(-0.5), 1.0, math.exp(-0.5), 0.0]
    wanted = torch.tensor(weights) / sum(weights)
    torch.testing.assert_close(label, wanted[None])


def test_chunks_average_probabilities_and_not_scores():
    scores = torch.tensor([[[THREE, 0.0, 9.0], [0.0, 0.0, 9.0]]])
    start, end = EdgeScores(scores, -scores, prefix([2, 3])[:1]).distributions()
    torch.testing.assert_close(start, torch.tensor([[(3 / 4 + 1 / 2) / 2, (1 / 4 + 1 / 2) / 2, 0.0]]))
    torch.testing.assert_close(end, torch.tensor([[(1 / 4 + 1 / 2) / 2, (3 / 4 + 1 / 2) / 2, 0.0]]))


def perfect(name: str, height: float, frames: int, first: int, last: int) -> EdgeScores:
    place = torch.full((1, 1, frames), -float(height))
    start, end, inside = place.clone(), place.clone(), place.clone()
    start[..., first], end[..., last], inside[..., first : last + 1] = height, height, height
    if name == "base":
        return InsideScores(start, end, prefix([frames]), inside=inside)
    highlight = inside[:, 0].clone() if name == "vslnet" else None
    return HighlightScores(start, end, prefix([frames]), highlight=highlight)


@pytest.mark.parametrize("name", ["base", "vslbase", "vslnet"])
def test_the_right_answer_costs_nothing_and_the_total_is_the_weighted_sum(name):
    network = make(name, "speech")
    if name == "vslnet":
        network.params = network.params.model_copy(update={"extension": 0.0})
    start, end = torch.tensor([0.2]), torch.tensor([0.6])
    best = objective(network)(perfect(name, 30, 10, 2, 5), start, end)
    assert best["total"].item() == pytest.approx(0, abs=1e-6)
    other = objective(network)(perfect(name, 1, 10, 3, 7), start, end)
    weights = {"boundary": 1, "inside": 5, "highlight": 5}
    total = sum(weights[term] * value for term, value in other.items() if term != "total")
    assert other["total"].item() == pytest.approx(total.item())
    assert other["total"] > 1


def test_boundary_loss_is_half_of_both_ends():
    network = make("base", "speech")
    scores = perfect("base", 0.0, 4, 0, 0)
    terms = objective(network)(scores, torch.tensor([0.0]), torch.tensor([1.0]))
    assert terms["boundary"].item() == pytest.approx(math.log(4))
    assert terms["inside"].item() == pytest.approx(math.log(2))


def test_soft_labels_peak_where_hard_ones_stand():
    soft, hard = make("base", "speech", labels="soft"), make("base", "speech")
    start, end = torch.tensor([0.2]), torch.tensor([0.6])
    for network in (soft, hard):
        right = objective(network)(perfect("base", 2, 10, 2, 5), start, end)["boundary"]
        assert right < objective(network)(perfect("base", 2, 10, 3, 5), start, end)["boundary"]
        assert right < objective(network)(perfect("base", 2, 10, 2, 6), start, end)["boundary"]
