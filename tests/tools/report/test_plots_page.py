import configparser
import io
import json
import re
import subprocess
import tarfile

import pytest
from dvc_render.html import HTML
from dvc_render.vega import VegaRenderer

from stages.common.errors import UserError
from stages.tools.report.plots_page import PAGE, page, read_library, wanted
from tests.paths import ROOT

COMMITTED = (ROOT / PAGE).read_text()


def loaded(html):
    """What a browser would fetch: sources and links of tags, imports, styles, and maps of the code."""
    # Tags in the strings of a script are none.
    marked = re.sub(r"(<script\b[^>]*>).*?</script>", r"\1", html, flags=re.DOTALL)
    tags = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)\s*=[^>]*>", marked)
    imports = re.findall(r"@import|\bimport\s*\(|importScripts|url\(\s*[\"']?(?:https?:)?//", html)
    return [*tags, *imports, *re.findall(r"sourceMappingURL=\S+", html)]


def package(folder, name, version, code="var x;", member=None):
    path = folder / f"{name}.tgz"
    with tarfile.open(path, "w:gz") as files:
        for inside, text in (
            ("package/package.json", json.dumps({"name": name, "version": version})),
            (member or f"package/build/{name}.min.js", code),
        ):
            info = tarfile.TarInfo(inside)
            info.size = len(text)
            files.addfile(info, io.BytesIO(text.encode()))
    return path


def test_the_test_sees_what_a_browser_fetches():
    assert len(loaded(VegaRenderer.SCRIPTS)) == 3
    assert loaded("<style>@import 'a.css'; p { background: url(//x/y.png) }</style>") == ["@import", "url(//"]
    assert loaded("<link rel='icon' href='a.ico'>//# sourceMappingURL=a.map")


def test_the_page_in_git_loads_nothing_and_is_small():
    assert loaded(COMMITTED) == []
    assert len(COMMITTED.encode()) < 1_000_000


def test_dvc_is_told_of_the_page_in_git():
    config = configparser.ConfigParser()
    config.read(ROOT / ".dvc/config")
    assert (ROOT / ".dvc" / config["plots"]["html_template"]) == ROOT / PAGE


def test_the_page_has_the_versions_that_dvc_draws_with():
    assert list(wanted()) == ["vega", "vega-lite", "vega-embed"]
    libraries = {}
    for name, version in wanted().items():
        start = COMMITTED.index(f"<script>/* {name}@{version} */")
        code = COMMITTED[start : COMMITTED.index("</script>", start)].partition("\n")[2]
        assert version in code
        libraries[f"{name}@{version}"] = code
    # What is in git is what the command writes of the same libraries.
    assert page(libraries) == COMMITTED


def test_dvc_fills_its_placeholders_once_and_not_in_the_libraries():
    assert COMMITTED.count("{plot_divs}") == COMMITTED.count("{refresh_tag}") == 1
    # DVC's own scripts, which come from a CDN, have no place.
    assert "{scripts}" not in COMMITTED
    html = HTML(COMMITTED, refresh_seconds=5)
    filled = html.with_scripts(VegaRenderer.SCRIPTS).with_element("<div id='a'></div>").embed()
    assert "<div id='a'></div>" in filled[filled.index("<main>") :]
    assert 'http-equiv="refresh"' in filled
    assert loaded(filled) == []


@pytest.mark.parametrize("notice", ["University of Washington", "Mike Bostock", "Mapbox", "Lydell", "MIT"])
def test_the_notices_of_the_licences_are_kept(notice):
    assert notice in COMMITTED[: COMMITTED.index("-->")]


def test_a_page_is_made_of_packages(tmp_path):
    files = [
        package(tmp_path, name, version, f"var {name[-4:]};\n//# sourceMappingURL=x.map\n")
        for name, version in wanted().items()
    ]
    html = page(dict(map(read_library, files)))
    places = [html.index(f"var {word};") for word in ("vega", "lite", "mbed")]
    assert places == sorted(places)
    assert loaded(html) == []
    with pytest.raises(UserError, match=r"run `npm pack vega@[\d.]+ vega-lite@[\d.]+`, and name all"):
        page(dict([read_library(files[2])]))


def test_files_that_are_no_packages_are_refused(tmp_path):
    (tmp_path / "text.tgz").write_text("no archive")
    empty = package(tmp_path, "vega", "5.20.2", member="package/build/other.js")
    for path in (tmp_path / "text.tgz", empty, tmp_path / "nowhere.tgz"):
        with pytest.raises(UserError, match="is no package of a vega library"):
            read_library(path)


def test_the_page_travels_with_git():
    ignored = ["git", "check-ignore", "-q", "--no-index", str(PAGE)]
    assert subprocess.run(ignored, cwd=ROOT, check=False).returncode != 0
