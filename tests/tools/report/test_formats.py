import io
import shutil
import subprocess

import pandas as pd
import pytest

from stages.tools.report.experiments import read_experiments
from stages.tools.report.formats import WIDEST, as_csv, latex, markdown
from stages.tools.report.summary import Cell, Summary, summarise
from tests.tools.report.rows import ROWS

# Without the workspace.
SUMMARY = summarise(read_experiments(ROWS[1:], "mIoU").experiments, "mIoU")
# Four methods whose names and figures do not fit beside each other.
METHODS = [f"a-method-of-a-long-name-{number}" for number in range(4)]
WIDE = Summary(
    ["noise.level"], METHODS,
    [(("large",), [Cell(50.0, 1.5, 3), None, Cell(51.0, None, 1), Cell(51.0, 2.0, 2), Cell(24.0, None, 1)])],
)  # fmt: skip
HARD = Summary(["corpus.root_a"], ["m"], [((r"C:\50%_{$x}#~^&",), [Cell(1.0, 0.5, 2), None])])


def test_a_row_per_setting_that_differs_and_a_column_per_method():
    assert markdown(SUMMARY, "mIoU").splitlines()[:5] == [
        "| run | noise.level | base | text | blind | seeds |",
        "|---|---|---:|---:|---:|---:|",
        "| commit main | normal | 50.0 | **80.0** | 24.0 | 1 |",
        "| experiments | large | 40.0 |  | 24.0 | 1 |",
        "| experiments | normal | 54.5 ± 19.1 | **81.5 ± 6.4** | 24.0 | 2 |",
    ]


def test_methods_that_have_no_room_beside_each_other_stand_below_each_other():
    lines = markdown(WIDE, "mIoU").splitlines()
    assert max(map(len, lines)) <= WIDEST
    # Two are the best.
    assert lines[:5] == [
        "| noise.level | method | mIoU | blind | seeds |",
        "|---|---|---:|---:|---:|",
        "| large | a-method-of-a-long-name-0 | 50.0 ± 1.5 | 24.0 | 3 |",
        "| large | a-method-of-a-long-name-2 | **51.0** | 24.0 | 1 |",
        "| large | a-method-of-a-long-name-3 | **51.0 ± 2.0** | 24.0 | 2 |",
    ]
    assert r"large & a-method-of-a-long-name-2 & \textbf{51.0} & 24.0 & 1 \\" in latex(WIDE, "mIoU")


def test_csv_has_figures_that_pandas_computes_with():
    table = pd.read_csv(io.StringIO(as_csv(SUMMARY, "mIoU")))
    assert list(table) == [
        "run",
        "noise.level",
        "method",
        "metric",
        "mean",
        "half_interval",
        "seeds",
        "blind",
    ]
    quiet = table[(table["noise.level"] == "normal") & (table["run"] == "experiments")].set_index("method")
    assert quiet["mean"].to_dict() == {"base": 54.5, "text": 81.5}
    assert quiet["half_interval"].to_dict() == {"base": 19.059, "text": 6.353}
    # One seed has no interval, and a method that did not run no row.
    (loud,) = table[table["noise.level"] == "large"].to_dict("records")
    assert (loud["method"], loud["seeds"], loud["blind"]) == ("base", 1, 24.0)
    assert pd.isna(loud["half_interval"])


def test_latex_has_rules_bold_and_an_interval():
    assert latex(SUMMARY, "mIoU").splitlines()[2:] == [
        r"\begin{tabular}{llrrrr}",
        r"\toprule",
        r"run & noise.level & base & text & blind & seeds \\",
        r"\midrule",
        r"commit main & normal & 50.0 & \textbf{80.0} & 24.0 & 1 \\",
        r"experiments & large & 40.0 &  & 24.0 & 1 \\",
        r"experiments & normal & 54.5 $\pm$ 19.1 & \textbf{81.5 $\pm$ 6.4} & 24.0 & 2 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_letters_that_latex_takes_for_commands_are_escaped():
    text = latex(HARD, "R1_IoU0_5")
    assert r"corpus.root\_a & m & blind" in text
    assert r"C:\textbackslash{}50\%\_\{\$x\}\#\textasciitilde{}\textasciicircum{}\& & 1.0 $\pm$ 0.5" in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("summary", [SUMMARY, WIDE, HARD])
def test_latex_compiles(summary, tmp_path):
    page = rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{latex(summary, 'mIoU')}"
    # A comment ends with its line.
    (tmp_path / "page.tex").write_text(page.replace("{document}", "{document}\n") + "\n\\end{document}\n")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "page.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-500:]
