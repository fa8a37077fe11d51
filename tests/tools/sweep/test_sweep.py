import argparse
import os
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
from omegaconf import OmegaConf

from stages.common.artifacts import read_json
from stages.common.errors import UserError
from stages.common.params.load import parse_params
from stages.scoring.metrics import KEYS
from stages.tools.sweep import queue
from stages.tools.sweep import results as sweep_results
from stages.tools.sweep.__main__ import without_folders
from stages.tools.sweep.blind import chosen
from stages.tools.sweep.kept import keep, kept_on, read_results
from stages.tools.sweep.page import page
from stages.tools.sweep.plans import PLANS, Claim, Plan, Row
from stages.tools.sweep.results import SHOWN, Result
from stages.tools.sweep.runs import runs_of, setting, world_of
from stages.tools.sweep.verdict import Figures, judge
from tests.faults.processes import until
from tests.paths import ROOT

PLAN = Plan(
    "A table",
    (Row("full", "vgcl", (), (40.0, 30.0, 20.0, 35.0)), Row("short", "vgcl", (("curriculum.kappa", "5"),))),
    (Claim("full", "short"),),
)


def result(value: float) -> Result:
    return Result(dict.fromkeys(("R1_IoU0_3", "R1_IoU0_5", "R1_IoU0_7", "mIoU"), value))


@pytest.mark.parametrize("name", PLANS)
def test_plans_are_of_settings_that_params_yaml_knows(name):
    plan = PLANS[name]
    labels = [row.label for row in plan.rows]
    assert len(set(labels)) == len(labels)
    assert {label for claim in plan.claims for label in claim.rows} <= set(labels)
    for run in runs_of(plan, [3], ["corpus.root=/data"] if plan.preset else ()):
        given = OmegaConf.load(ROOT / "params.yaml")
        before, after = given.copy(), given
        after.merge_with_dotlist(run.overrides)
        parsed = parse_params(OmegaConf.to_container(after))
        assert parsed.compare == [run.row.method]
        assert parsed.training_seed == 3
        # A change that changes nothing would be a row twice.
        for key, _ in run.row.changes:
            assert OmegaConf.select(before, key) != OmegaConf.select(after, key), key


def test_runs_of_the_same_settings_share_a_name_and_no_others_do():
    by_name = {}
    for plan in PLANS.values():
        for run in runs_of(plan, [0, 1]):
            by_name.setdefault(run.name, set()).add((run.row.method, run.row.changes, run.seed))
    assert all(len(settings) == 1 for settings in by_name.values())
    assert sum(len(runs_of(plan, [0, 1])) for plan in PLANS.values()) > len(by_name) + 4


def test_a_sweep_broken_off_has_whole_rows_of_fewer_seeds():
    assert [(run.row.label, run.seed) for run in runs_of(PLAN, [4, 2])] == [
        ("full", 4), ("short", 4), ("full", 2), ("short", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("better", "worse", "gain", "word"),
    [
        # Differences 1, 2, 3: mean 2, deviation 1, so 4.303 / √3 = 2.48 either side.
        ({0: 11, 1: 12, 2: 13}, {0: 10, 1: 10, 2: 10}, (2.0, 2.484), "undecided"),
        # The seeds differ much, the rows by 2 or so at each: paired, that is decided.
        ({0: 12, 1: 52.1, 2: 82}, {0: 10, 1: 50, 2: 80.1}, (2.0, 0.248), "holds"),
        ({0: 10, 1: 50, 2: 80.1}, {0: 12, 1: 52.1, 2: 82}, (-2.0, 0.248), "does not hold"),
        # Only seed 1 is there for both.
        ({0: 90, 1: 50}, {1: 10, 2: 5}, (40.0, None), "undecided"),
        ({0: 90}, {}, None, "undecided"),
    ],
)
def test_a_claim_is_judged_seed_by_seed(better, worse, gain, word):
    verdict = judge(Claim("a", "b"), {"a": Figures(better), "b": Figures(worse)})
    assert verdict.word == word
    if gain is None:
        assert verdict.gain is None
    else:
        assert (verdict.gain.mean, verdict.gain.half) == pytest.approx(gain, abs=1e-3)


@pytest.mark.parametrize(
    ("better", "worse", "apart"),
    [
        # Either side of each mean: 2.484, as above. Means 5 apart touch nothing, means 4.9 apart do.
        ({0: 16, 1: 17, 2: 18}, {0: 11, 1: 12, 2: 13}, True),
        ({0: 11, 1: 12, 2: 13}, {0: 16, 1: 17, 2: 18}, True),
        ({0: 15.9, 1: 16.9, 2: 17.9}, {0: 11, 1: 12, 2: 13}, False),
        # A row's interval is of all its seeds, whichever the other row has.
        ({0: 16, 1: 17, 2: 18}, {5: 11, 6: 12, 7: 13}, True),
        ({0: 16}, {0: 11, 1: 12, 2: 13}, None),
        ({}, {0: 11, 1: 12, 2: 13}, None),
    ],
)
def test_rows_are_apart_when_their_own_intervals_share_nothing(better, worse, apart):
    figures = {"a": Figures(better), "b": Figures(worse)}
    assert judge(Claim("a", "b"), figures).apart is apart
    assert judge(Claim("a", "b", ("a", "b")), figures).apart is None


def videos(**values):
    """The mIoU of each video, which two queries ask about."""
    return pd.DataFrame({"queries": 2, "mIoU": pd.Series(values)})


def test_a_claims_interval_is_of_other_seeds_and_of_other_videos():
    rows = {
        "a": Figures({0: 12, 1: 14}, {0: videos(u=10.0, v=14.0), 1: videos(u=12.0, v=16.0)}),
        "b": Figures({0: 10, 1: 10}, {0: videos(v=10.0, u=10.0), 1: videos(u=10.0, v=10.0)}),
    }
    gain = judge(Claim("a", "b"), rows).gain
    # Over seeds the gains are 2 and 4, deviation √2; over videos 1 and 5, deviation √8.
    seeds, videos_alone = 12.706 * 2**0.5 / 2**0.5, 1.96 * 8**0.5 / 2**0.5
    assert (gain.mean, gain.half) == pytest.approx((3.0, (seeds**2 + videos_alone**2) ** 0.5))
    # Without one of the files the interval is that of the seeds.
    del rows["b"].by_video[1]
    assert judge(Claim("a", "b"), rows).gain.half == pytest.approx(seeds)


def test_a_page_says_what_pretraining_learned_and_how_many_claims_chance_grants():
    runs = runs_of(PLAN, [0, 1])
    learned = {"dev_bound": 2.0, "bound_other_video": 1.5, "video_gap": 0.5, "words_auc": 80.04}
    results = {run.name: replace(result(60.0), learned=learned) for run in runs if run.row.label == "full"}
    text = page(PLAN, runs, results, [])
    assert "| full | 2.000 | 1.500 | 0.500 |  | 80.0 |  | 2 |" in text
    assert "What pretraining learned" not in page(PLAN, runs, {runs[0].name: result(1.0)}, [])
    whole = page(PLAN, runs, {run.name: result(60.0) for run in runs}, [])
    assert "Of 1 claims with an interval, if none were so, 0.0 would seem" in " ".join(whole.split())


def test_a_page_has_every_row_the_papers_figure_and_the_verdict():
    runs = runs_of(PLAN, [0, 1])
    values = {"vgcl--seed-0": 60.0, "vgcl--seed-1": 62.0, "vgcl--kappa-5--seed-0": 50.0}
    results = {name: result(value) for name, value in values.items()}
    assert {run.name for run in runs} > results.keys()
    text = page(PLAN, runs, results, ["`a command`"])
    # Two values 2 apart: t = 12.706, deviation √2.
    assert "| full | 61.0 ± 12.7 | 61.0 ± 12.7 | 61.0 ± 12.7 | 61.0 ± 12.7 | 2 | 35.00 |" in text
    assert "| short | 50.0 | 50.0 | 50.0 | 50.0 | 1 |  |" in text
    assert "| full > short | undecided | 10.0 |  |  |" in text
    assert "- `a command`" in text


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("corpus.root=/home/ann/films", "corpus.root=/data/films"),
        ("noise.level=large", "noise.level=large"),
        ("--seeds", "--seeds"),
    ],
)
def test_a_page_does_not_tell_where_folders_lie(word, shown):
    assert without_folders(word) == shown


def test_every_blind_row_of_pages_is_one_that_the_stage_writes():
    written = read_json(ROOT / "metrics/stages/blind.json", "blind")["rows"]
    assert list(chosen(written)) == [
        "the blind window of best mIoU", "the blind window of best R@1 at 0.5", "a random segment (cuts)",
        "a random true event",
    ]  # fmt: skip


def test_a_page_ends_its_table_with_blind_rows_and_has_the_control_of_runs():
    runs = runs_of(PLAN, [0, 1])
    blind = {
        "window for mIoU": dict.fromkeys(KEYS, 24.04),
        "window for R@0.5": dict.fromkeys(KEYS, 19.7),
        "start/end prior": dict.fromkeys(KEYS, 99.0),
    }
    results = {run.name: replace(result(60.0), blind=blind, control={"mIoU": 28.0}) for run in runs}
    lines = page(PLAN, runs, results, []).splitlines()
    at = lines.index("| *the blind window of best mIoU* | 24.0 | 24.0 | 24.0 | 24.0 |  |  |  |")
    assert lines[at - 1].startswith("| short | 60.0 ± 0.0 ")
    assert "| mIoU | mIoU, another video's query | seeds |" in lines[at - 4]
    assert " | 28.0 ± 0.0 | 2 |" in lines[at - 1]
    assert lines[at + 1].startswith("| *the blind window of best R@1 at 0.5* | 19.7 |")
    assert lines[at + 2] == ""


@pytest.mark.parametrize("path", sorted((ROOT / "reports").glob("*.md")), ids=lambda path: path.stem)
def test_every_page_has_blind_rows(path):
    assert "| *the blind window of best mIoU* | " in path.read_text()
    assert "| *the blind window of best R@1 at 0.5* | " in path.read_text()


def test_what_is_shown_beside_a_run_is_read_from_its_commit(monkeypatch):
    figures = {f"metrics/base.json:{key}": 50.0 for key in SHOWN}
    row = {"Experiment": "base--seed-0", "rev": "abc", "State": None, "compare": "[base]", **figures}
    files = {
        "blind": '{"rows": {"window for mIoU": {"mIoU": 24.0}}}',
        "evaluate-base": '{"with_another_query": {"mIoU": 28.0}}',
        "transcripts": '{"test": {"wer": 4.5}}',
    }
    texts = {("show", f"abc:./metrics/stages/{name}.json"): text for name, text in files.items()}
    monkeypatch.setattr(sweep_results, "experiment_rows", lambda **_: [row])
    monkeypatch.setattr(sweep_results, "git", lambda *words: texts.get(words))
    (found,) = sweep_results.experiments_on(runs_of(PLANS["table2"], [0]), "HEAD").values()
    assert found.blind == {"window for mIoU": {"mIoU": 24.0}}
    assert found.control == {"mIoU": 28.0}
    assert found.wer == 4.5


@pytest.fixture
def dvc(monkeypatch):
    """DVC's queue as a list: every look, what runs ends and what waits starts."""

    class Queue:
        def __init__(self):
            self.tasks, self.commands, self.workers = {}, [], 0

        def states(self):
            now = dict(self.tasks)
            for name, state in now.items():
                if self.workers:
                    self.tasks[name] = {"Queued": "Running", "Running": "Success"}.get(state, state)
            return now

        def call(self, *words):
            self.commands.append(words)
            if words[:2] == ("exp", "run"):
                self.tasks[words[4]] = "Queued"
            if words[:2] == ("queue", "start"):
                self.workers = 2

    fake = Queue()
    monkeypatch.setattr(queue, "states", fake.states)
    monkeypatch.setattr(queue, "_dvc", fake.call)
    monkeypatch.setattr(queue, "_workers", lambda: fake.workers)
    monkeypatch.setattr(queue, "_LOOK_EVERY", 0.0)
    return fake


def test_what_is_finished_or_on_its_way_is_not_queued_again(dvc):
    runs = runs_of(PLAN, [0, 1])
    done, waiting, failed, fresh = (run.name for run in runs)
    dvc.tasks, dvc.workers = {waiting: "Running", failed: "Failed"}, 1
    queue.enqueue(runs, {done})
    assert [words[4] for words in dvc.commands] == [failed, fresh]
    assert "curriculum.kappa=5" in dvc.commands[1]
    seen = []
    queue.work_off(runs, 2, seen.append)
    assert seen[-1] == dict.fromkeys((waiting, failed, fresh), "Success")
    assert set(dvc.tasks.values()) == {"Success"}
    assert dvc.commands[2:] == [("queue", "start", "-j", "2")]
    assert waiting in dvc.tasks


def test_runs_that_went_down_with_their_workers_are_queued_anew(dvc):
    runs = runs_of(PLAN, [0])
    dvc.tasks = {runs[0].name: "Running", runs[1].name: "Queued"}
    queue.enqueue(runs, set())
    assert dvc.commands[0] == ("queue", "kill", runs[0].name)
    assert [words[4] for words in dvc.commands[1:]] == [runs[0].name]


def test_workers_that_end_at_once_are_not_started_for_ever(dvc, monkeypatch):
    runs = runs_of(PLAN, [0])
    queue.enqueue(runs, set())
    monkeypatch.setattr(queue, "_dvc", lambda *words: dvc.commands.append(words))
    with pytest.raises(UserError, match="2 runs wait and DVC's workers end"):
        queue.work_off(runs, 2, print)
    assert dvc.commands[2:] == [("queue", "start", "-j", "2")] * 3


def test_a_worker_that_dies_is_started_again_and_its_run_queued_anew(dvc):
    runs = runs_of(PLAN, [0])
    queue.enqueue(runs, set())
    before = len(dvc.commands)

    def at_look(states):
        if len(dvc.commands) == before + 1 and "Running" in states.values():
            dvc.workers, dvc.tasks = 0, dict(states)

    # The workers die at the first look that sees them work; DVC goes on calling their runs Running.
    queue.work_off(runs, 2, at_look)
    assert set(dvc.tasks.values()) == {"Success"}
    commands = dvc.commands[before:]
    assert commands[0] == commands[-1] == ("queue", "start", "-j", "2")
    assert commands[1] == ("queue", "kill", *sorted(run.name for run in runs))
    assert {words[4] for words in commands[2:-1]} == {run.name for run in runs}


def test_workers_are_counted_by_their_pids(tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "_WORKERS", tmp_path)
    assert queue._workers() == 0
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)", "queue-worker"]
    with subprocess.Popen(sleeper) as alive, subprocess.Popen(sleeper) as dead:
        # What has taken over a dead worker's pid is none.
        pids = {1: alive.pid, 2: dead.pid, 3: os.getpid(), 4: "", 5: 2**22 + 1}
        for number, pid in pids.items():
            (tmp_path / f"dvc-exp-worker-{number}.pid").write_text(str(pid))
        until(lambda: queue._workers() == 2)
        dead.kill()
        until(lambda: queue._workers() == 1)
        alive.kill()


def test_without_dvc_in_path_the_user_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="activate the environment"):
        queue._dvc("queue", "start")


def test_a_gap_that_grows_is_judged_by_the_seeds_that_all_four_rows_have():
    claim = Claim("a loud", "b loud", ("a", "b"))
    rows = {"a loud": {0: 60.0, 1: 61.0, 2: 90.0}, "b loud": {0: 50.0, 1: 53.0}, "a": {0: 70.0, 1: 70.0}}
    rows |= {"b": {0: 67.0, 1: 66.0, 5: 1.0}}
    verdict = judge(claim, {row: Figures(values) for row, values in rows.items()})
    # 10 - 3 and 8 - 4: 5.5, and 12.706 times their deviation over √2.
    assert (verdict.gain.mean, verdict.gain.seeds) == (5.5, 2)
    assert verdict.gain.half == pytest.approx(12.706 * 1.5)
    assert str(claim) == "(a loud) - (b loud) > (a) - (b)"


def test_a_run_is_taken_from_the_first_commit_that_has_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def rows(revs):
        value = {"new": 60.0, "old": 50.0}[revs[0]]
        names = {"new": ["base--seed-0"], "old": ["base--seed-0", "base--seed-1"]}[revs[0]]
        figures = {f"metrics/base.json:{key}": value for key in SHOWN}
        return [
            {"Experiment": name, "rev": name, "State": None, "compare": "[base]", **figures} for name in names
        ]

    monkeypatch.setattr(sweep_results, "experiment_rows", rows)
    monkeypatch.setattr(sweep_results, "git", lambda *_: None)
    runs = runs_of(PLANS["table2"], [0, 1])
    found = read_results(runs, ["new", "old"])
    assert {name: result.metrics["mIoU"] for name, result in found.items()} == {
        "base--seed-0": 60.0, "base--seed-1": 50.0,
    }  # fmt: skip


def test_runs_of_another_machine_are_read_from_their_files(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    whole = replace(
        result(60.0), blind={"a window": {"mIoU": 20.0}}, control={"mIoU": 30.0}, wer=4.5,
        ended="2026-11-30 20:00", videos=videos(u=10.1234, v=14.0), learned={"video_gap": 0.5},
        trained_in="bf16",
    )  # fmt: skip
    keep("abc", {"base--seed-0": whole, "base--seed-1": result(50.0)})
    keep("abc", {"base--seed-1": result(51.0), "cpc--seed-0": result(40.0)})
    found = kept_on("abc")
    assert [*found] == ["base--seed-0", "base--seed-1", "cpc--seed-0"]
    assert found["base--seed-1"] == result(51.0)
    pd.testing.assert_frame_equal(
        found["base--seed-0"].videos, videos(u=10.123, v=14.0), check_names=False, check_dtype=False
    )
    assert replace(found["base--seed-0"], videos=None) == replace(whole, videos=None)
    assert kept_on("abd") == {}
    # None of them is an experiment here.
    monkeypatch.setattr(sweep_results, "experiment_rows", lambda **_: [])
    monkeypatch.setattr(sweep_results, "git", lambda *_: None)
    runs = runs_of(PLANS["table2"], [0])
    assert read_results(runs, ["abd", "abc"]).keys() == {"base--seed-0", "cpc--seed-0"}


@pytest.mark.parametrize("content", ["{", "[]", '{"queries": {}}', '{"queries": {}, "runs": {"a": {}}}'])
def test_a_damaged_file_of_runs_is_one_line(monkeypatch, tmp_path, content):
    monkeypatch.chdir(tmp_path)
    keep("abc", {"base--seed-0": result(60.0)})
    (tmp_path / "reports/runs/abc.json").write_text(content)
    with pytest.raises(UserError, match=r"reports/runs/abc.json holds no runs .*`git checkout reports/runs"):
        kept_on("abc")


def test_runs_on_another_corpus_share_its_settings_and_stand_apart(tmp_path, monkeypatch):
    given = ["corpus.root=/data/clips"]
    runs, here = runs_of(PLANS["joined"], [0], given), runs_of(PLANS["table2"], [0])
    assert not {run.name for run in runs} & {run.name for run in here}
    assert {run.name for run in runs} != {
        run.name for run in runs_of(PLANS["joined"], [0], ["corpus.root=/other"])
    }
    for run in runs:
        assert "corpus.name=joined" in run.overrides
        assert given[0] in run.overrides
    # Their test split is another, so they have a file of their own.
    monkeypatch.chdir(tmp_path)
    keep("abc", {here[0].name: result(60.0)})
    world = world_of(PLANS["joined"], given)
    keep("abc", {runs[0].name: result(40.0)}, world)
    assert kept_on("abc").keys() == {here[0].name}
    assert kept_on("abc", world).keys() == {runs[0].name}


def test_a_setting_of_all_runs_is_a_key_and_a_value():
    assert setting("corpus.root=/a=b") == "corpus.root=/a=b"
    with pytest.raises(argparse.ArgumentTypeError, match=r"'corpus\.root' is no setting, e\.g\."):
        setting("corpus.root")


def test_rows_that_read_transcripts_say_how_many_words_are_wrong():
    plan = Plan("A table", (Row("heard", "base"), Row("read", "asr")), ())
    runs = runs_of(plan, [0, 1])
    results = {run.name: replace(result(50.0), wer=30.0 + 10 * run.seed) for run in runs}
    text = page(plan, runs, results, [])
    assert "| mIoU | words wrong | seeds |" in text
    lines = text.splitlines()
    heard, read, heads = (
        next(one for one in lines if one.startswith(f"| {name} ")) for name in ("heard", "read", "row")
    )
    assert "35.0 ± " in read
    assert "35.0" not in heard
    assert heard.count("|") == read.count("|") == heads.count("|")
    # Without such a row there is no such column.
    alone = Plan("A table", (Row("heard", "base"),), ())
    assert "words wrong" not in page(alone, runs_of(alone, [0, 1]), results, [])
