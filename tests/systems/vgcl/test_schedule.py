import pytest
import torch

from stages.systems.vgcl.schedule import schedule
from stages.training.truth import Truth
from tests.networks.conftest import curriculum

MOMENTS = Truth(torch.tensor([0.2, 0.5]), torch.tensor([0.4, 0.9]))  # 20 and 40 % of the video


def test_the_part_that_is_seen_grows_from_the_moment_to_all():
    table = schedule(curriculum(kappa=2), [1, 2, 3], MOMENTS)
    assert table["stage"].tolist() == [0, 1, 1, 2, 2, 2]
    # At stage 1 of 2 each side has on average a quarter of its way: 30 + (20 + 50 + 60 + 10) / 2 / 4.
    assert table["seen"].tolist() == pytest.approx([30, 47.5, 47.5, 100, 100, 100])


def test_without_chance_the_sides_go_all_of_their_way_at_once():
    table = schedule(curriculum(kappa=2, random=False), [1, 1, 1], MOMENTS)
    assert table["seen"].tolist() == pytest.approx([30, 65, 100])


def test_long_runs_are_thinned():
    assert len(schedule(curriculum(), [500] * 11, MOMENTS)) <= 204
