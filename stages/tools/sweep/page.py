"""The page of a sweep: its table beside the paper's, and what becomes of the paper's claims."""

import textwrap
from collections.abc import Mapping, Sequence

from stages.tools.report.summary import over_seeds
from stages.tools.sweep.blind import blind_rows
from stages.tools.sweep.plans import Claim, Plan
from stages.tools.sweep.results import SHOWN, Results
from stages.tools.sweep.runs import Run
from stages.tools.sweep.verdict import judge


def page(
    plan: Plan, runs: Sequence[Run], results: Results, facts: Sequence[str], figure: str | None = None
) -> str:
    """Markdown; `facts` say where the numbers come from, `figure` is a file beside the page."""
    lines = [f"# {plan.title}", "", *(f"- {fact}" for fact in facts), ""]
    lines += [f"![{plan.title}]({figure})", "", *_FIGURE, ""] if figure else []
    lines += [*_table(plan, runs, results), ""]
    lines += ["Percent of the test queries; ±: 95 % interval over training seeds. Paper: ActivityNet Speech."]
    done = {run.row.label for run in runs if run.name in results}
    if missing := [row.label for row in plan.rows if row.label not in done]:
        lines += ["", *textwrap.wrap(f"Not run: {'; '.join(missing)}.", 110)]
    if claims := [claim for claim in plan.claims if done.issuperset(claim.rows)]:
        lines += ["", "## Claims", "", *_claims(plan, claims, runs, results), "", *_GAIN]
    return "\n".join(lines) + "\n"


_CONTROL = "mIoU, another video's query"
_FIGURE = textwrap.wrap(
    "Means over training seeds and their 95 % intervals; points stand a little aside so that no interval "
    "hides another, and an interval that leaves its panel is cut. Grey: the blind window of best mIoU.", 110
)  # fmt: skip
_GAIN = textwrap.wrap(
    "Gain: mIoU of the one less mIoU of the other at the same seed, and its 95 % interval over seeds. "
    "Intervals: those of the two rows themselves.", 110
)  # fmt: skip


def _table(plan: Plan, runs: Sequence[Run], results: Results) -> list[str]:
    # What is left when each query is another video's.
    controlled = any(results[run.name].control for run in runs if run.name in results)
    heads = ["row", *SHOWN.values(), *([_CONTROL] if controlled else []), "seeds", "mIoU in the paper"]
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    for row in plan.rows:
        found = [results[run.name] for run in runs if run.row == row and run.name in results]
        if not found:
            continue
        cells = [str(over_seeds([one.metrics[key] for one in found])) for key in SHOWN]
        if controlled:
            control = [one.control["mIoU"] for one in found if one.control]
            cells.append(str(over_seeds(control)) if control else "")
        paper = f"{row.paper[3]:.2f}" if row.paper else ""
        lines.append("| " + " | ".join([row.label, *cells, str(len(found)), paper]) + " |")
    blind = blind_rows(results[run.name] for run in runs if run.name in results)
    return [*lines, *blind_lines(blind, controlled)]


def blind_lines(rows: Mapping[str, Mapping[str, float]], controlled: bool) -> list[str]:
    """The last lines of a page's table, in italics; `controlled`: it has a column for the control."""
    empty = [""] * (3 if controlled else 2)
    return [
        "| " + " | ".join([f"*{name}*", *(f"{row[key]:.1f}" for key in SHOWN), *empty]) + " |"
        for name, row in rows.items()
    ]


def _claims(plan: Plan, claims: Sequence[Claim], runs: Sequence[Run], results: Results) -> list[str]:
    figures: dict[str, dict[int, float]] = {}
    for run in runs:
        if run.name in results:
            figures.setdefault(run.row.label, {})[run.seed] = results[run.name].metrics["mIoU"]
    lines = ["| claim | | gain | intervals | in the paper |", "|---|---|---:|---|---:|"]
    paper = {row.label: row.paper[3] for row in plan.rows if row.paper}
    for claim in claims:
        verdict = judge(claim, figures)
        reported = f"{claim.gain(paper):+.2f}" if paper.keys() >= set(claim.rows) else ""
        gain = "" if verdict.gain is None else str(verdict.gain)
        apart = {None: "", True: "apart", False: "overlap"}[verdict.apart]
        lines.append(f"| {claim} | {verdict.word} | {gain} | {apart} | {reported} |")
    return lines
