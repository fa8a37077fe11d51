import pytest

from stages.tools.sweep.estimate import duration, estimate
from stages.tools.sweep.history import Call, Stopwatch, calls, known_seconds, remember_seconds
from stages.tools.sweep.plans import PLANS
from stages.tools.sweep.runs import runs_of

FIGURE4 = {run.name: run for run in runs_of(PLANS["figure4"], [0, 1])}


def known(**seconds):
    return {
        name.replace("_", "-"): {"method": name.split("_")[0], "seconds": each}
        for name, each in seconds.items()
    }


def test_what_was_measured_with_another_seed_counts_before_the_method_and_that_before_a_guess():
    wanted = [FIGURE4[name] for name in ("base--seed-0", "base--level-large--seed-0", "vgcl--seed-0")]
    seconds = known(base__seed_1=100, base__mode_convex__seed_1=400)
    # 100 s as measured, the method's median 250 s, and 420 s guessed for vgcl.
    assert estimate(wanted, seconds, 2) == (
        "3 runs left, 2 at a time, 257 s each: about 6 minutes (measured here, but for 1 run, guessed)"
    )
    assert estimate(wanted[:1], seconds, 2).endswith(
        "1 at a time, 100 s each: about 2 minutes (measured here)"
    )
    assert "guessed: no such run has been timed here" in estimate(wanted, {}, 2)
    assert estimate([], {}, 2) == "nothing is left to run"


@pytest.mark.parametrize("name", PLANS)
def test_every_run_of_every_plan_has_a_guess(name):
    assert " s each: about " in estimate(runs_of(PLANS[name], [0]), {}, 2)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "1 minute"), (600, "10 minutes"), (3569, "59 minutes"), (3590, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_a_duration_as_people_say_it(seconds, said):
    assert duration(seconds) == said


def test_runs_are_timed_from_the_look_that_sees_them_start():
    watch = Stopwatch()
    assert watch.look({"old": "Running", "a": "Queued", "b": "Queued"}, 0.0) == {}
    assert watch.look({"old": "Success", "a": "Running", "b": "Running"}, 10.0) == {}
    assert watch.look({"old": "Success", "a": "Success", "b": "Failed"}, 50.0) == {"a": 40.0}
    assert watch.look({"old": "Success", "a": "Success", "b": "Running"}, 60.0) == {}
    assert watch.look({"old": "Success", "a": "Success", "b": "Success"}, 90.0) == {"b": 30.0}


def test_what_a_checkout_remembers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = FIGURE4["base--seed-0"]
    assert known_seconds() == {}
    remember_seconds(run, 99.6)
    remember_seconds(run, 101.2)
    assert known_seconds() == {"base--seed-0": {"method": "base", "seconds": 101}}
    (tmp_path / ".checkpoints/sweep/seconds.json").write_text("[1, 2")
    assert known_seconds() == {}


def test_calls_that_are_broken_off_count_with_what_they_took(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = Call("table2", "abc")
    first.took(10)
    first.took(20)
    Call("table2", "abc")
    Call("table2", "abc").took(5)
    assert calls("table2", "abc") == [20, 5]
    assert calls("table2", "abd") == []
