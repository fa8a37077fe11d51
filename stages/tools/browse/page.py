"""The page itself: its frame, filled with what does not depend on a case."""

import shutil
from html import escape
from pathlib import Path
from string import Template

from stages.tools.browse.plots import figures
from stages.tools.browse.run import Run
from stages.tools.browse.settings import settings_of
from stages.tools.browse.table import results_table
from stages.tools.page.files import page_files

STATIC = Path(__file__).with_name("static")


def write_page(folder: Path, run: Run) -> None:
    """Write index.html, and put its style and its scripts beside it."""
    rows = [
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in settings_of(run).items()
    ]
    filled = Template((STATIC / "index.html").read_text(encoding="utf-8")).substitute(
        title=escape(f"Spoken video grounding: {', '.join(run.methods)}"),
        settings="\n".join(rows),
        results=results_table(run.results),
        plots="\n".join(figures(run.methods)),
    )
    (folder / "index.html").write_text(filled, encoding="utf-8")
    for name, file in page_files(STATIC).items():
        if name != "index.html":
            shutil.copyfile(file, folder / name)
