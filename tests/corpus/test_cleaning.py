import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.common.errors import DataError
from stages.corpus.cleaning import DROPS, clean
from stages.corpus.queries import Query, as_table


def query(
    name: str, start: float, end: float, duration: float = 10.0, caption: str = "A dog.", **changes: str
):
    facts = {"query_id": name, "video_id": f"v_{name}", "split": "train", "speaker": "", "speech_id": name}
    times = {"duration": float(duration), "start": float(start), "end": float(end)}
    return Query(caption=caption, **times, **{**facts, **changes})


def cleaned(queries: list[Query], strict: bool = False, **missing: set[str]) -> tuple[pd.DataFrame, dict]:
    return clean(
        as_table([query("good", 1, 2), *queries]),
        lambda speech_id: speech_id not in missing.get("speech", ()),
        lambda video_id: video_id not in missing.get("features", ()),
        strict,
    )


def met(counts: dict) -> dict:
    return {rule: n for rule, n in counts["train"].items() if n and rule not in ("annotated", "kept")}


@pytest.mark.parametrize(
    ("start", "end", "duration", "rule", "mended"),
    [
        (4, 3, 10, "reversed", None),
        (3, 3, 10, "zero_length", None),
        (3, 3.001, 10, "zero_length", None),
        (3, 3.01, 10, None, (3, 3.01)),
        (10, 12, 10, "outside_video", None),
        (9.9995, 12, 10, "outside_video", None),
        (-3, -1, 10, "outside_video", None),
        (12, 11, 10, "reversed", None),
        (1, 2, 0, "bad_duration", None),
        (1, 2, -1, "bad_duration", None),
        (-1, 2, 0.001, "bad_duration", None),
        (float("nan"), 2, 10, "bad_duration", None),
        (1, float("inf"), 10, "bad_duration", None),
        (-0.5, 2, 10, "start_before_zero", (0, 2)),
        (1, 10.01, 10, "end_after_duration", (1, 10)),
        (1, 10.0005, 10, "rounded_time", (1, 10)),
        (94, 94.29, 94.28999999999999, "rounded_time", (94, 94.28999999999999)),
        (-0.0005, 4, 10, "rounded_time", (0, 4)),
        (0, 10, 10, None, (0, 10)),
    ],
)
def test_times(start, end, duration, rule, mended):
    table, counts = cleaned([query("x", start, end, duration)])
    assert met(counts) == ({rule: 1} if rule else {})
    times = table.loc[table["query_id"] == "x", ["start", "end"]].to_numpy().tolist()
    assert times == ([list(mended)] if mended else [])


def test_captions():
    queries = [
        query("spaces", 1, 2, caption="  A man\n walks .\t"),
        query("empty", 1, 2, caption=" \n "),
        query("plain", 1, 2, caption="Être là."),
    ]
    table, counts = cleaned(queries)
    assert met(counts) == {"empty_caption": 1, "caption_spaces": 1}
    assert table["caption"].tolist() == ["A dog.", "A man walks .", "Être là."]


def test_missing_files():
    queries = [query("mute", 1, 2), query("blind", 1, 2), query("neither", 1, 2)]
    table, counts = cleaned(queries, speech={"mute", "neither"}, features={"v_blind", "v_neither"})
    assert met(counts) == {"missing_speech": 2, "missing_features": 1}
    assert table["query_id"].tolist() == ["good"]


def test_the_first_usable_query_keeps_its_id():
    queries = [query("x", 5, 4), query("x", 1, 2, caption="First."), query("x", 1, 2, caption="Second.")]
    table, counts = cleaned(queries)
    assert met(counts) == {"reversed": 1, "repeated_query": 1}
    assert table["caption"].tolist() == ["A dog.", "First.", "Second."]
    assert table["query_id"].tolist() == ["good", "x", "x~2"]


def test_repeated_rows_are_named_where_nothing_may_be_mended():
    queries = [query("x", 1, 2), query("x", 1, 2), query("x", 1, 2)]
    with pytest.raises(DataError, match=r"2 of 4 queries are faulty .*\(repeated_query 2\)"):
        cleaned(queries, strict=True)


def test_counts_are_per_split_and_complete():
    _, counts = cleaned([query("a", 2, 1), query("b", 1, 11), query("c", 1, 11, split="test")])
    assert list(counts) == ["train", "test"]
    assert {split: (n["annotated"], n["kept"]) for split, n in counts.items()} == {
        "train": (3, 2),
        "test": (1, 1),
    }
    assert [counts[split]["end_after_duration"] for split in counts] == [1, 1]
    assert list(counts["train"]) == list(counts["test"])


def test_the_mended_counts_are_of_kept_queries():
    _, counts = cleaned([query("late", 1, 11)], speech={"late"})
    assert met(counts) == {"missing_speech": 1}


def test_each_file_is_asked_for_once():
    asked = []

    def has(name: str) -> bool:
        asked.append(name)
        return True

    clean(as_table([query(str(k), 1, 2, video_id="v_x") for k in range(5)]), lambda _: True, has, False)
    assert asked == ["v_x"]


def test_strict_refuses_faults_and_lists_them():
    faults = [query(f"q{k:02}", 1, 11) for k in range(60)]
    with pytest.raises(DataError) as caught:
        cleaned([query("back", 4, 3), *faults], strict=True)
    lines = str(caught.value).splitlines()
    assert "61 of 62 queries" in lines[0]
    assert "(end_after_duration 60, reversed 1)" in lines[0]
    assert lines[1] == "  back: reversed (video v_back, train, 4.0 to 3.0 of 10.0 s, caption 'A dog.')"
    assert lines[-1] == "  … and 11 more"
    assert len(lines) == 52


def test_strict_lets_spaces_and_rounding_pass():
    table, counts = cleaned([query("x", 1, 10.0005, caption=" A dog.")], strict=True)
    assert met(counts) == {"rounded_time": 1, "caption_spaces": 1}
    assert len(table) == 2


def test_a_split_without_usable_queries_is_refused():
    queries = [query("t1", 2, 1, split="test"), query("t2", 1, 2, split="test")]
    with pytest.raises(DataError, match=r"none of the 2 test queries.*reversed 1, missing_speech 1"):
        cleaned(queries, speech={"t2"})


TIMES = st.floats(-20, 20) | st.sampled_from([0.0, 10.0, float("nan"), float("inf")])


@settings(deadline=None)
@given(st.lists(st.tuples(TIMES, TIMES, TIMES, st.text(" \nab", max_size=4), st.integers(0, 3)), max_size=8))
def test_what_is_kept_is_sound_and_nothing_is_lost(rows):
    queries = [query(f"q{k}", *times, caption) for *times, caption, k in rows]
    table, counts = cleaned(queries, features={"v_q3"})
    assert len(table) == counts["train"]["kept"]
    assert counts["train"]["annotated"] == len(rows) + 1
    assert counts["train"]["kept"] + sum(counts["train"][rule] for rule in DROPS) == len(rows) + 1
    assert (table["start"] >= 0).all()
    assert (table["start"] < table["end"]).all()
    assert (table["end"] <= table["duration"]).all()
    assert table["query_id"].is_unique
    assert (table["caption"] == table["caption"].map(lambda text: " ".join(text.split()))).all()
    # Clean data is left as it is.
    again, second = clean(table, lambda _: True, lambda _: True, strict=True)
    pd.testing.assert_frame_equal(again, table)
    assert met(second) == {}
