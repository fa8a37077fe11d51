"""The page as a reader has it: opened from a file, in a browser."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.chromium import Chromium, installed
from tests.tools.browse.world import COUNT, HOSTILE, relevance_alone

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not installed(), reason="there is no Chromium (`apt-get install chromium`)"),
]
VIDEO, AUDIO = "document.querySelector('video')", "document.querySelector('audio')"
CAPTIONS = "[...document.querySelectorAll('#list td.c-caption')].map(cell => cell.textContent)"
OPENED = "document.querySelector('#case h2 bdi').textContent"
COUNTED = "document.querySelector('#count').textContent"
TROUBLE = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Network.loadingFailed")


@pytest.fixture(scope="module")
def chromium():
    profile = tempfile.mkdtemp(prefix="chromium-")
    browser = Chromium(Path(profile))
    yield browser
    browser.close()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def page(browse, chromium):
    """The cases of a page, at a desk; in the end nothing was fetched elsewhere and nothing went wrong."""
    browse()
    chromium.look(1280, 800)
    chromium.open(Path("build/browse/index.html").absolute().as_uri() + "#cases")
    chromium.until(f"{VIDEO} && {VIDEO}.readyState > 0 && document.querySelector('.timeline')")
    yield chromium
    chromium.run("1")
    asked = [event["request"]["url"] for event in chromium.events["Network.requestWillBeSent"]]
    assert len(asked) > 10
    assert {address.split(":")[0] for address in asked} <= {"file", "data"}
    assert not {kind: chromium.events[kind] for kind in TROUBLE if kind in chromium.events}
    assert chromium.run("document.title").startswith("Spoken video grounding")


def test_a_video_plays_a_moment_and_stops_at_its_end(page):
    # The first case's true moment is from 0 to 2 s.
    page.press("0")
    page.until(f"{VIDEO}.currentTime > 0.5 && !{VIDEO}.paused")
    page.until(f"{VIDEO}.paused")
    assert 2.0 <= page.run(f"{VIDEO}.currentTime") < 2.6
    assert page.run(f"{VIDEO}.videoWidth") == 64


def test_a_click_on_a_bar_goes_to_its_moment(page):
    start = page.run("detailsOf(cases[0]).then(found => found.answers[1].moments[0].start)")
    page.click(".timeline button[data-key='2']")
    page.until(f"!{VIDEO}.paused")
    assert page.run(f"{VIDEO}.currentTime") == pytest.approx(start, abs=1)
    assert page.run("document.querySelector('.timeline').style.getPropertyValue('--at')") != ""


def test_a_click_on_a_track_goes_there(page):
    page.click(".lane.truth .track")
    page.until(f"!{VIDEO}.seeking && {VIDEO}.currentTime > 0")
    assert page.run(f"[{VIDEO}.currentTime, {VIDEO}.paused]") == [pytest.approx(10, abs=0.2), True]
    head = page.run("document.querySelector('.timeline .head').getBoundingClientRect().x")
    track = page.run(
        "(({x, width}) => x + width / 2)(document.querySelector('.track').getBoundingClientRect())"
    )
    assert head == pytest.approx(track, abs=3)


def test_a_lane_and_the_legend_have_the_curves_that_there_are(browse, chromium):
    relevance_alone("vgcl")
    legends = []
    for methods in ("vgcl", "base,vgcl"):
        browse("--methods", methods)
        chromium.open(Path("build/browse/index.html").absolute().as_uri() + "#case/q0000")
        chromium.until("document.querySelector('.timeline')")
        legends.append(
            chromium.run("[...document.querySelectorAll('.legend span')].map(one => one.textContent.trim())")
        )
    assert legends == [["relevance"], ["probability of start", "probability of end", "relevance"]]
    drawn = "[...document.querySelectorAll('.lane.{} .curves path')].map(path => path.getAttribute('class'))"
    assert chromium.run(drawn.format("s0")) == ["area", "p_start", "p_end"]
    assert chromium.run(drawn.format("s1")) == ["area", "relevance"]
    says = chromium.run("document.querySelector('.lane.s1 .curves').getAttribute('aria-label')")
    assert says.startswith("vgcl: relevance; highest 0.")
    dashes = "getComputedStyle(document.querySelector('.curves .{}')).strokeDasharray !== 'none'"
    dashed = [chromium.run(dashes.format(name)) for name in ("p_start", "p_end", "relevance")]
    assert dashed == [False, True, False]


def test_space_plays_the_video_and_s_the_speech(page):
    page.press(" ")
    page.until(f"{VIDEO}.currentTime > 0.3")
    page.press(" ")
    page.until(f"{VIDEO}.paused")
    page.press("s")
    page.until(f"{AUDIO}.currentTime > 0.3")
    page.press("s")
    page.until(f"{AUDIO}.paused")
    # 1 s of speech, and what MP3 puts before and after it.
    assert page.run(f"{AUDIO}.duration") == pytest.approx(1.0, abs=0.15)
    assert page.run("document.querySelector('.spectrogram img').naturalHeight") == 128


def test_keys_go_from_case_to_case(page):
    assert page.run(OPENED) == HOSTILE[0]
    page.press("j")
    page.until(f"{OPENED} === cases[1].caption")
    assert page.run("location.hash") == "#case/q0001"
    page.press("k")
    page.until(f"{OPENED} === cases[0].caption")
    page.run("document.querySelector('#list').focus()")
    page.press("End")
    page.until(f"{OPENED} === cases[{COUNT - 1}].caption")
    assert page.run("document.querySelector('[aria-selected=true]').id") == f"row-{COUNT - 1}"
    page.press("?")
    page.until("document.querySelector('#keys').open")
    page.press("Escape")
    page.until("!document.querySelector('#keys').open")


def test_filters_and_orders_change_the_list(page):
    assert page.run(f"{CAPTIONS}.length") == COUNT
    page.press("/")
    page.write("SPINS q0007")
    page.until(f"{COUNTED} === '1 of {COUNT}'")
    assert page.run(CAPTIONS) == ["A red cross spins 3 times."]
    page.run("document.querySelector('#text').value = ''")
    page.write(" ")
    page.until(f"{COUNTED} === '{COUNT} cases'")
    for outcome in ("wins", "losses", "both", "neither"):
        expected = page.run(f"cases.filter(OUTCOMES.{outcome}).length")
        page.click(f"#outcomes button:nth-child({2 + ['wins', 'losses', 'both', 'neither'].index(outcome)})")
        page.until(f"{COUNTED} === '{expected} of {COUNT}'")
    page.click("#outcomes button")
    page.click("#only button:nth-child(3)")
    page.until(f"{COUNTED} === '{COUNT // 2} of {COUNT}'")
    page.click("#only button:nth-child(3)")
    page.click("#list th.c-snr button")
    snr = page.run("shown.map(one => one.snr)")
    assert snr == [*sorted(snr[:-1]), None]
    page.click("#list th.c-snr button")
    assert page.run("shown.map(one => one.snr)") == [*sorted(snr[:-1], reverse=True), None]
    page.run("sortBy('gain', false)")
    gains = page.run("shown.map(gain)")
    assert gains == sorted(gains, reverse=True)


def test_everything_is_reached_by_tab_and_seen_when_it_is(page):
    reached, seen = set(), 0
    page.run("document.activeElement.blur()")
    for _ in range(80):
        page.press("Tab")
        reached.add(
            page.run(
                "(a => a.id || a.dataset.key || a.className || a.tagName + (a.textContent || ''))"
                "(document.activeElement)"
            )
        )
        seen += page.run("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
    for expected in (
        "text",
        "over",
        "under",
        "threshold",
        "sort",
        "reverse",
        "list",
        "keys-button",
    ):
        assert expected in reached
    # The bars of the truth and of the methods, by the keys that play them.
    assert {"0", "1", "2", "3", "VIDEO", "AUDIO"} <= reached
    assert seen >= 60


def test_hostile_captions_are_shown_as_they_are(page):
    for number, caption in enumerate(HOSTILE):
        page.run(f"openCase(cases[{number}])")
        page.until(f"current === cases[{number}] && document.querySelector('.timeline')")
        assert page.run(OPENED) == caption
        assert page.run("document.querySelectorAll('#case img, #case script').length") == 1
    assert page.run("document.querySelector('.mark.equal') !== null")


def test_errors_of_the_recogniser_are_marked(page):
    page.run("openCase(cases[5])")
    page.until("document.querySelector('.mark.substitute')")
    assert page.run("document.querySelector('.mark.substitute').textContent") == "red→bad"
    assert page.run("document.querySelector('.transcript .label').textContent").endswith("1 word misheard")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["#results", "#plots", "#cases", "#case/q0001"])
def test_nothing_is_wider_than_a_phone(page, place, scheme):
    page.look(360, 740, scheme)
    page.run(f"location.hash = '{place}'")
    shown = {"#results": "results", "#plots": "plots", "#cases": "finder", "#case/q0001": "case"}[place]
    page.until(f"document.querySelector('#{shown}').checkVisibility()")
    assert page.run("document.documentElement.scrollWidth") == 360
    dark = page.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"
    assert dark == (scheme == "dark")
    for other in {"finder", "case", "results"} - {shown, "results" if shown == "plots" else ""}:
        assert not page.run(f"document.querySelector('#{other}').checkVisibility()"), other


def test_the_results_lead_to_wins_and_losses(page):
    page.run("location.hash = '#results'")
    page.until("document.querySelector('#duels a').checkVisibility()")
    count = page.run("document.querySelector('#duels a').textContent")
    page.click("#duels a")
    page.until(f"{COUNTED} === '{count} of {COUNT}'")
    assert page.run("shown.every(one => one.iou[1] >= 0.5 && one.iou[0] < 0.5)")


def test_an_address_of_no_case_says_so(page):
    page.run("location.hash = '#case/%zz'")
    page.until("document.querySelector('#case').textContent === 'This run has no case %zz.'")


def test_what_a_browser_cannot_play_is_said(page):
    page.run("run.videos[1].file = 'videos/none.avi'; openCase(cases[3])")
    notice = "document.querySelector('#case .notice')"
    page.until(notice)
    assert "can't play videos/none.avi (a .avi file)" in page.run(f"{notice}.textContent")
    # The rest of the case is there all the same, and its bars do no harm.
    page.until(f"document.querySelector('.timeline') && {AUDIO}")
    page.press("1")
    page.run("1")
    # A file that is missing is told to the console by the browser itself.
    for kind in ("Network.loadingFailed", "Log.entryAdded"):
        page.events.pop(kind, None)


def test_seventeen_thousand_cases_are_as_quick(page):
    page.run("cases = Array.from({length: 17000}, (_, number) => ({...cases[number % 12], number}))")
    for key in ("gain", "caption", "snr"):
        page.run("start = performance.now()")
        page.run(f"sortBy('{key}', false)")
        assert page.run("performance.now() - start") < 2000
    page.run("document.querySelector('#scroller').scrollTop = 300000")
    rows = "[...document.querySelectorAll('#list tbody tr[aria-rowindex]')]"
    page.until(f"{rows}.some(row => row.ariaRowIndex > 7000)")
    assert page.run(f"{rows}.length") < 80
