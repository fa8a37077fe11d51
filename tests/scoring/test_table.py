import re

from stages.scoring.metrics import KEYS
from stages.scoring.table import CONTROL, Results, markdown_table, text_table


def metrics(value: float) -> dict:
    return dict.fromkeys(KEYS, value) | {"mIoU_low": value - 1, "mIoU_high": value + 1, "queries": 17_031}


METHODS = {"base": metrics(49.5), "a method with quite a long name": metrics(100.0)}
CONTROLS = {"base": metrics(30.0), "a method with quite a long name": metrics(31.0)}
BLIND = {"whole video": metrics(34.57), "window for R@0.3-0.7": metrics(33.0)}
ALL = Results(METHODS, CONTROLS, BLIND)


def test_rows_fit_a_terminal_of_100_columns_and_line_up():
    rows = text_table(ALL, bold=False).splitlines()
    assert max(map(len, rows)) <= 100
    numbers = [row for row in rows if re.search(r"\d\.\d\d ", row)]
    assert len(numbers) == 6
    assert len({len(row) for row in numbers}) == 1
    assert "49.50" in numbers[0]
    assert numbers[0].endswith("48.5–50.5")
    assert "a method with quite a…" in numbers[1]
    assert "17,031 test queries" in rows[-1]


def test_blind_rows_stand_below_the_methods_and_are_never_bold():
    text = text_table(Results(METHODS, CONTROLS, {"whole video": metrics(100.0)}), bold=True)
    above, below = text.split(f" {CONTROL} ")
    assert "base" in above
    assert "30.00" in below.split(" blind ")[0]
    assert "whole video" in below
    assert "\033" not in below
    # The 9 rates of the best method, nothing else.
    assert above.count("\033[1m 100.00\033[0m") == 9
    assert above.count("\033[1m") == 9


def test_bold_is_for_terminals_only():
    assert "\033" not in text_table(ALL, bold=False)


def test_one_method_alone_is_not_the_best_of_anything():
    assert "\033" not in text_table(Results({"base": metrics(50.0)}, {}, BLIND), bold=True)
    assert "**" not in markdown_table(Results({"base": metrics(50.0)}, {}, BLIND))


def test_without_methods_the_blind_rows_still_print():
    text = text_table(Results(blind=BLIND), bold=True)
    assert "whole video" in text
    assert CONTROL not in text


def test_markdown_has_a_cell_per_heading():
    lines = [line for line in markdown_table(ALL).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert "**100.00**" in lines[3]
    assert "**" not in lines[2]
    assert lines[4].startswith("| *base, asked with another video's query* | 30.00 |")
    assert lines[6].startswith("| *whole video* | 34.57 |")


def test_the_table_says_which_precision_its_rows_were_trained_in():
    alike = text_table(Results(METHODS, CONTROLS, BLIND, dict.fromkeys(METHODS, "bf16")), bold=False)
    assert alike.splitlines()[-1].endswith("; trained in bf16")
    rows = dict(zip(METHODS, ("fp32", "bf16"), strict=True))
    mixed = text_table(Results(METHODS, CONTROLS, BLIND, rows), bold=False).splitlines()
    assert mixed[-1] == "trained in bf16 (a method with quite a long name), fp32 (base)"
    assert max(map(len, mixed)) <= 100
