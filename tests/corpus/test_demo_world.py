import re
from pathlib import Path

import numpy as np
import pytest

from stages.common.params import load_params
from stages.common.seeding import generator
from stages.corpus.demo.captions import KINDS, describe, is_true_of_it_alone
from stages.corpus.demo.source import Demo
from stages.corpus.demo.vocabulary import COLOURS, MOTIONS, SHAPES
from stages.corpus.demo.world import Event, World, draw_world
from stages.corpus.voices.speakers import SPEAKERS

WORLDS = [draw_world(generator(0, "test", number), (30.0, 180.0)) for number in range(300)]


def event(start, end, colour="red", shape="star", motions=("spin",), lingers=0.0):
    return Event(start, end, colour, shape, motions, "small", "slow", (0.5, 0.5), lingers)


@pytest.mark.parametrize("world", WORLDS[:50])
def test_a_world_keeps_its_rules(world):
    assert 30 <= world.duration <= 180
    assert 3 <= len(world.events) <= 5
    for one in world.events:
        assert 0 <= one.start < one.end <= world.duration
        assert one.end - one.start >= 4.75
        assert "spin" not in one.motions or one.shape not in ("ball", "ring")
        company = [other for other in world.events if other is not one and other.overlaps(one)]
        assert all(other.colour != one.colour for other in company)
    used = {one.colour for one in world.events}
    assert all(stander.colour not in used for stander in world.bystanders)


def test_events_overlap_and_share_what_tells_them_apart():
    overlapping = sharing = 0
    for world in WORLDS:
        pairs = [(a, b) for a in world.events for b in world.events if a is not b]
        overlapping += any(min(a.end, b.end) > max(a.start, b.start) for a, b in pairs)
        sharing += any(a.colour == b.colour or a.shape == b.shape for a, b in pairs)
    assert overlapping > 150
    assert sharing > 200


def test_a_constant_guess_stays_low():
    moments = np.array([(e.start / w.duration, e.end / w.duration) for w in WORLDS for e in w.events])
    grid = np.linspace(0, 1, 21)
    best = 0.0
    for low in grid:
        for high in grid[grid > low]:
            shared = np.clip(np.minimum(moments[:, 1], high) - np.maximum(moments[:, 0], low), 0, None)
            union = moments[:, 1] - moments[:, 0] + high - low - shared
            best = max(best, float((shared / union).mean()))
    assert best < 0.27


def test_every_pattern_is_used_and_leaves_no_gap():
    sentences = []
    for number, world in enumerate(WORLDS * 4):
        for one in world.events:
            sentence = describe(generator(0, "caption", number, round(4 * one.start)), one, world)
            assert re.fullmatch(r"[A-Z][a-z ,]+[.?]", sentence), sentence
            assert "  " not in sentence
            sentences.append(sentence)
    patterns = [pattern for kind in KINDS for pattern in kind.patterns]
    assert len(patterns) >= 40
    unused = [p for p in patterns if not any(_matches(p, sentence) for sentence in sentences)]
    assert unused == []
    words = {word for sentence in sentences for word in re.findall("[a-z]+", sentence.lower())}
    assert len(words) >= 150


def _matches(pattern, sentence):
    expression = re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}")
    expression = re.sub(r"{\w+}", r"[a-z ]+", expression)
    return re.fullmatch(expression + "[.?]", sentence[0].lower() + sentence[1:]) is not None


@pytest.mark.parametrize("world", WORLDS[:100])
def test_a_caption_names_its_own_event_and_says_when(world):
    for number, one in enumerate(world.events):
        sentence = describe(generator(1, number, round(4 * one.start)), one, world).lower()
        said = {colour for colour in COLOURS if re.search(rf"\b{colour}\b", sentence)}
        company = {other.colour for other in world.events}
        assert said <= company
        names = {name: shape for shape, names in SHAPES.items() for name in names}
        spoken = {shape for name, shape in names.items() if re.search(rf"\b{name}\b", sentence)}
        assert spoken <= {other.shape for other in world.events}
        # Seen before it begins: only its motion tells when.
        if one.lingers:
            assert any(form in sentence for p in MOTIONS[one.motions[0]] for form in _forms(p))


def _forms(phrase):
    return [form for form in (phrase.third, phrase.infinitive, phrase.gerund, phrase.passive) if form]


def test_what_makes_a_caption_ambiguous():
    spins, other = event(0, 5), event(10, 15, shape="heart")
    world = World(30.0, "plain", (spins, other), ())
    everything = frozenset({"colour", "shape", "motion"})
    assert is_true_of_it_alone(spins, world, everything)
    assert not is_true_of_it_alone(spins, world, everything - {"shape"})
    # It does a second thing elsewhere: "the red star spins" would be true of both.
    twice = World(30.0, "plain", (spins, event(10, 15, motions=("grow", "spin"))), ())
    assert not is_true_of_it_alone(spins, twice, everything)


def test_ending_words_follow_the_order_of_time():
    first, second = event(0, 5), event(10, 15, "blue", "heart", ("grow",))
    world = World(30.0, "plain", (first, second), ())
    for number in range(300):
        sentence = describe(generator(2, number), second, world)
        assert "before" not in sentence.lower()
        assert "while" not in sentence.lower()
        if sentence.startswith("After"):
            assert sentence.index("star") < sentence.index("heart")


def corpus(videos):
    committed = load_params(Path(__file__).parents[2] / "params.yaml").corpus
    return committed.model_copy(update={"demo": committed.demo.model_copy(update={"videos": videos})})


def test_speakers_as_in_the_paper_and_some_unheard_in_training(tmp_path):
    assert sum(speaker.sex == "male" for speaker in SPEAKERS.values()) == 28
    assert sum(speaker.sex == "female" for speaker in SPEAKERS.values()) == 30
    assert len({speaker.voice for speaker in SPEAKERS.values()}) == 58
    queries = Demo(corpus(400), 0, tmp_path).queries()
    heard = {query.speaker for query in queries if query.split == "train"}
    unheard = {query.speaker for query in queries} - heard
    assert len(heard) == 50
    assert [SPEAKERS[name].sex for name in sorted(unheard)].count("female") == 4


def test_more_videos_change_no_earlier_one(tmp_path):
    few, many = Demo(corpus(20), 0, tmp_path), Demo(corpus(40), 0, tmp_path)
    assert few.worlds == dict(list(many.worlds.items())[:20])
    assert Demo(corpus(20), 1, tmp_path).worlds != few.worlds


def test_an_event_s_number_says_nothing_about_its_time(tmp_path):
    queries = Demo(corpus(300), 0, tmp_path).queries()
    first = [query for query in queries if query.query_id.endswith("-0")]
    ranks = []
    for query in first:
        starts = sorted(other.start for other in queries if other.video_id == query.video_id)
        ranks.append(starts.index(query.start) / (len(starts) - 1))
    assert abs(float(np.mean(ranks)) - 0.5) < 0.06
