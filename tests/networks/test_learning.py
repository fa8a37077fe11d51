"""A world small enough for seconds: two events in a video, and a spoken word that names one of them."""

import pytest
import torch
from torch import nn

from stages.networks.interface import Inputs
from tests.networks.conftest import BANDS, FEATURES, make, objective

EVENTS, FRAMES, WORD = 4, 16, 20


def world(count: int, seed: int) -> tuple[Inputs, torch.Tensor, torch.Tensor]:
    """Videos, queries, and the fractions where the named event starts and ends."""
    fixed = torch.Generator().manual_seed(0)
    looks = torch.randn(EVENTS, FEATURES, generator=fixed)
    words = torch.randn(EVENTS, WORD, BANDS, generator=fixed)
    generator = torch.Generator().manual_seed(seed)
    video = 0.5 * torch.randn(count, FRAMES, FEATURES, generator=generator)
    query = torch.randn(count, WORD + 8, BANDS, generator=generator)
    start, end = torch.zeros(count), torch.zeros(count)
    for row in range(count):
        pair = torch.randperm(EVENTS, generator=generator)[:2]
        named = int(torch.randint(2, (), generator=generator))
        for place, event in enumerate(pair):
            first = 8 * place + int(torch.randint(4, (), generator=generator))
            video[row, first : first + 4] += looks[event]
            if place == named:
                start[row], end[row] = first / FRAMES, (first + 4) / FRAMES
        pause = int(torch.randint(8, (), generator=generator))
        query[row, pause : pause + WORD] += 2 * words[pair[named]]
    real = torch.ones(count, FRAMES, dtype=torch.bool), torch.ones(count, WORD + 8, dtype=torch.bool)
    return Inputs(video, real[0], query, real[1]), start, end


def trained(network: nn.Module, deaf: bool = False) -> float:
    """The share of unseen queries for which the right half of the video is chosen, after 200 steps."""
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for step in range(200):
        inputs, start, end = world(32, seed=1 + step)
        if deaf:
            inputs.query.copy_(inputs.query.roll(1, 0))
        loss = objective(network)(network(inputs), start, end)["total"]
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
    inputs, start, _ = world(200, seed=0)
    p_start, _ = network.eval()(inputs).distributions()
    right = p_start.argmax(1) // 8 == (start * FRAMES).long() // 8
    return float(right.float().mean())


@pytest.mark.parametrize("name", ["base", "vslnet"])
def test_a_network_learns_to_hear_which_event_is_meant(name):
    assert trained(make(name, "speech", chunks=1, heads=4, dropout=0.0)) > 0.8


def test_queries_of_other_videos_teach_nothing_but_where_events_are():
    assert trained(make("base", "speech", chunks=1, heads=4, dropout=0.0), deaf=True) < 0.65
