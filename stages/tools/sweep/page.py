"""The page of a sweep: its table beside the paper's, and what becomes of the paper's claims."""

import textwrap
from collections.abc import Mapping, Sequence

from stages.tools.report.summary import over_seeds
from stages.tools.sweep.blind import blind_rows
from stages.tools.sweep.plans import Claim, Plan, Row
from stages.tools.sweep.results import SHOWN, Results
from stages.tools.sweep.runs import Run
from stages.tools.sweep.verdict import BY_CHANCE, Figures, judge


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
        lines += ["", "## Claims", "", *_claims(plan, claims, runs, results)]
    if learned := _learned(plan, runs, results):
        lines += ["", "## What pretraining learned", "", *learned, "", *_LEARNED]
    return "\n".join(lines) + "\n"


_CONTROL = "mIoU, another video's query"
_WER = "words wrong"
_FIGURE = textwrap.wrap(
    "Means over training seeds and their 95 % intervals; points stand a little aside so that no interval "
    "hides another, and an interval that leaves its panel is cut. Grey: the blind window of best mIoU.", 110
)  # fmt: skip
# The figures of a pretraining, and how pages call them.
_OF_PRETRAINING = {
    "dev_bound": "bound", "bound_other_video": "with another video", "video_gap": "video gap",
    "guide_lift": "guide lift", "words_auc": "words (AUC)", "untaught_words_auc": "words, untaught",
}  # fmt: skip
_LEARNED = textwrap.wrap(
    "On dev, means over training seeds. Bound: that of InfoNCE, in nats; its video gap is what it loses when "
    "another video is shown. Guide lift: how much more than by chance speech attends to its moment. Words: "
    "how well a linear probe finds them in the encoder's contexts; 50 is chance. docs/glossary.md has the "
    "terms.", 110
)  # fmt: skip


def _gain(claims: int) -> list[str]:
    """How gains are to be read; `claims` are those that have an interval."""
    return textwrap.wrap(
        "Gain: mIoU of the one less mIoU of the other at the same seed and on the same videos, and its 95 % "
        "interval over seeds and test videos together. Intervals: those of the two rows themselves, over "
        f"seeds. Of {claims} claims with an interval, if none were so, {BY_CHANCE * claims:.1f} would seem "
        "to hold by chance.",
        110,
    )


def _table(plan: Plan, runs: Sequence[Run], results: Results) -> list[str]:
    # What is left when each query is another video's.
    done = [results[run.name] for run in runs if run.name in results]
    controlled = any(one.control for one in done)
    heard = any(run.row.reads_transcripts and results[run.name].wer is not None
                for run in runs if run.name in results)  # fmt: skip
    beside = [*([_CONTROL] if controlled else []), *([_WER] if heard else [])]
    heads = ["row", *SHOWN.values(), *beside, "seeds", "mIoU in the paper"]
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    for row in plan.rows:
        found = [results[run.name] for run in runs if run.row == row and run.name in results]
        if not found:
            continue
        cells = [str(over_seeds([one.metrics[key] for one in found])) for key in SHOWN]
        if controlled:
            control = [one.control["mIoU"] for one in found if one.control]
            cells.append(str(over_seeds(control)) if control else "")
        if heard:
            wer = [one.wer for one in found if one.wer is not None and row.reads_transcripts]
            cells.append(str(over_seeds(wer)) if wer else "")
        paper = f"{row.paper[3]:.2f}" if row.paper else ""
        lines.append("| " + " | ".join([row.label, *cells, str(len(found)), paper]) + " |")
    return [*lines, *blind_lines(blind_rows(done), len(beside) + 2)]


def blind_lines(rows: Mapping[str, Mapping[str, float]], others: int) -> list[str]:
    """The last lines of a page's table, in italics; `others` columns hold nothing for them."""
    empty = [""] * others
    return [
        "| " + " | ".join([f"*{name}*", *(f"{row[key]:.1f}" for key in SHOWN), *empty]) + " |"
        for name, row in rows.items()
    ]


def _claims(plan: Plan, claims: Sequence[Claim], runs: Sequence[Run], results: Results) -> list[str]:
    figures = {row.label: _figures(row, runs, results) for row in plan.rows}
    lines = ["| claim | | gain | intervals | in the paper |", "|---|---|---:|---|---:|"]
    paper = {row.label: row.paper[3] for row in plan.rows if row.paper}
    verdicts = [judge(claim, figures) for claim in claims]
    for claim, verdict in zip(claims, verdicts, strict=True):
        reported = f"{claim.gain(paper):+.2f}" if paper.keys() >= set(claim.rows) else ""
        gain = "" if verdict.gain is None else str(verdict.gain)
        apart = {None: "", True: "apart", False: "overlap"}[verdict.apart]
        lines.append(f"| {claim} | {verdict.word} | {gain} | {apart} | {reported} |")
    decidable = sum(verdict.gain is not None and verdict.gain.half is not None for verdict in verdicts)
    return [*lines, "", *_gain(decidable)]


def _figures(row: Row, runs: Sequence[Run], results: Results) -> Figures:
    found = {run.seed: results[run.name] for run in runs if run.row == row and run.name in results}
    return Figures(
        {seed: one.metrics["mIoU"] for seed, one in found.items()},
        {seed: one.videos for seed, one in found.items() if one.videos is not None},
    )


def _learned(plan: Plan, runs: Sequence[Run], results: Results) -> list[str]:
    """A line per row with pretraining."""
    lines = []
    for row in plan.rows:
        found = [results[run.name].learned for run in runs if run.row == row and run.name in results]
        if not found or "dev_bound" not in found[0]:
            continue
        cells = []
        for key in _OF_PRETRAINING:
            values = [one[key] for one in found if key in one]
            cells.append(f"{sum(values) / len(values):.{1 if 'auc' in key else 3}f}" if values else "")
        lines.append("| " + " | ".join([row.label, *cells, str(len(found))]) + " |")
    if not lines:
        return []
    heads = ["row", *_OF_PRETRAINING.values(), "seeds"]
    return ["| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|", *lines]
