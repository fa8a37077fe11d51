"""Links of the pages lead somewhere, and every page of docs/ is linked."""

import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import pages, path_of, prose
from tests.paths import ROOT

REPORTS = [f"reports/{path.name}" for path in sorted((ROOT / "reports").glob("*.md"))]
PAGES = sorted({*pages(), *REPORTS})
_LINK = re.compile(r"\]\((?P<to>[^)\s]+)\)|(?:src|href|srcset)=\"(?P<html>[^\"\s]+)\"")


def links(page):
    """(line, target) of every link and picture that is no address of the web."""
    text = prose(page)
    for found in _LINK.finditer(text):
        target = found["to"] or found["html"]
        if not re.match(r"[a-z]+:", target):
            yield text.count("\n", 0, found.start()) + 1, target


def resolved(page, target):
    """The file that a link names, from the root of the checkout, and its heading."""
    path, _, heading = target.partition("#")
    return os.path.normpath(path_of(page).parent / path if path else path_of(page)), heading


@cache
def anchors(path):
    """The names that GitHub gives a page's headings."""
    names = []
    for heading in re.findall(r"^#+ (.+)$", prose(os.path.relpath(path, ROOT)), re.M):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        names.append(f"{name}-{names.count(name)}" if name in names else name)
    return names


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page):
    for line, target in links(page):
        path, heading = resolved(page, target)
        assert Path(path).exists(), f"{page}:{line}: {target} is no file"
        if heading and path.endswith(".md"):
            assert heading in anchors(path), f"{page}:{line}: {target}; the headings are {anchors(path)}"


def test_every_page_is_reached_from_the_readme():
    reached, left = set(), ["README.md"]
    while left:
        page = left.pop()
        reached.add(page)
        paths = {os.path.relpath(resolved(page, target)[0], ROOT) for _, target in links(page)}
        left += [path for path in paths if path in PAGES and path not in reached and path not in left]
    assert {page for page in PAGES if page.startswith("docs/")} <= reached


LONGEST_README = 150


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= LONGEST_README
