"""The two pages have one toolkit: nothing of it stands twice, and nothing of it is hidden by a page's own."""

import re

import pytest

from stages.tools.browse.page import STATIC as BROWSE
from stages.tools.live.routes import STATIC as LIVE
from stages.tools.page.files import SHARED, page_files

PAGES = {"browse": BROWSE, "live": LIVE}
DEFINED = re.compile(r"\b(?:function|const|let|var|class)\s+(\w+)")
OUTERMOST = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|var|class)\s+(\w+)", re.MULTILINE)


def texts(suffix, *folders):
    return {path: path.read_text() for folder in folders for path in folder.glob(f"*{suffix}")}


def test_every_shared_name_is_defined_once():
    shared = [name for text in texts(".js", SHARED).values() for name in OUTERMOST.findall(text)]
    assert {"make", "draw", "pick", "clock", "axis", "drawCurves", "drawTrack"} <= set(shared)
    everywhere = [
        name for text in texts(".js", SHARED, *PAGES.values()).values() for name in DEFINED.findall(text)
    ]
    assert {name: everywhere.count(name) for name in shared} == dict.fromkeys(shared, 1)


def test_scripts_of_one_file_page_share_no_name():
    # They are no modules: a name that stands twice ends the script that defines it again.
    names = [name for text in texts(".js", SHARED, BROWSE).values() for name in OUTERMOST.findall(text)]
    assert sorted(names) == sorted(set(names))


def test_no_colour_of_the_theme_is_set_elsewhere():
    theme = (SHARED / "theme.css").read_text()
    colours = set(re.findall(r"(--[\w-]+):", theme)) - {"--c"}
    assert {"--paper", "--truth", "--s0", "--s5", "--stripe"} <= colours
    for path, text in texts(".css", SHARED, *PAGES.values()).items():
        if path.name != "theme.css":
            assert not colours & set(re.findall(r"(--[\w-]+):", text)), path
            assert "prefers-color-scheme" not in text, path


@pytest.mark.parametrize("own", PAGES.values(), ids=PAGES)
def test_a_page_loads_all_that_is_shared_before_its_own(own):
    assert not {path.name for path in own.iterdir()} & {path.name for path in SHARED.iterdir()}
    files = page_files(own)
    asked = re.findall(r'(?:src|rel="stylesheet" href)="([^":]+)"', (own / "index.html").read_text())
    # cases.js is written for each run.
    assert set(asked) - {"cases.js"} <= set(files)
    for suffix in (".js", ".css"):
        shared = {path.name for path in SHARED.glob(f"*{suffix}")}
        assert {name for name in asked if name.endswith(suffix)} >= shared
        assert set([name for name in asked if name.endswith(suffix)][: len(shared)]) == shared
