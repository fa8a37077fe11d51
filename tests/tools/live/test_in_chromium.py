"""The page as somebody has it who speaks to it: in a browser, with a microphone."""

import shutil
import tempfile
from pathlib import Path

import pytest
import soundfile

from stages.tools.live import api
from tests.chromium import Chromium, installed
from tests.tools.ask.world import RATE, speech, write_video, write_wav
from tests.tools.live.world import CAPTION, Served, options

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not installed(), reason="there is no Chromium (`apt-get install chromium`)"),
]
VIDEO, SOUND = "document.querySelector('#video')", "document.querySelector('#sound')"
READY = "document.querySelector('#video-note')?.textContent.includes('long')"
FAULT = "document.querySelector('#fault').textContent"
NAME = "document.querySelector('#demo').selectedOptions[0]?.textContent"
LANES = "[...document.querySelectorAll('.lane h2')].map(title => title.textContent)"
LEGEND = "[...document.querySelectorAll('.legend span')].map(one => one.textContent.trim())"
TROUBLE = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Network.loadingFailed")


@pytest.fixture(scope="module")
def chromium():
    profile = Path(tempfile.mkdtemp(prefix="chromium-"))
    soundfile.write(profile / "voice.wav", speech(3), RATE)
    browser = Chromium(
        profile / "profile",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={profile / 'voice.wav'}",
    )
    yield browser
    browser.close()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def page(inside, chromium):  # noqa: ARG001
    """The page with its first demo video; in the end nothing was fetched elsewhere and nothing went wrong."""
    with Served(options()) as served:
        chromium.look(1280, 900)
        chromium.call("Network.clearBrowserCookies")
        chromium.open(served.server.address)
        chromium.until(READY)
        yield chromium
        asked = [event["request"]["url"] for event in chromium.events["Network.requestWillBeSent"]]
        assert len(asked) > 8
        assert all(address.startswith((served.server.address, "data:", "blob:")) for address in asked)
        assert not {kind: chromium.events[kind] for kind in TROUBLE if kind in chromium.events}
        chromium.call("Page.navigate", url="about:blank")


def choose(page, element, value):
    page.run(
        f"(() => {{ const e = document.querySelector('{element}'); e.value = '{value}';"
        "e.dispatchEvent(new Event('change')); })()"
    )


def ask(page):
    page.until("!document.querySelector('#ask').disabled")
    page.click("#ask")
    page.until("document.querySelector('#status').textContent === 'done'")


def give(page, element, path):
    """A file, as if it were chosen by hand."""
    document = page.call("DOM.getDocument")["root"]["nodeId"]
    node = page.call("DOM.querySelector", nodeId=document, selector=element)["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])


def test_a_spoken_question_is_answered_by_both(page):
    assert page.run("document.querySelector('#ask').disabled")
    page.click("#record")
    page.until("document.querySelector('#level').value > 0.3")
    page.until("document.querySelector('#clock').textContent > '0:01.0'")
    page.click("#record")
    page.until(f"{SOUND}.duration > 0.8")
    ask(page)
    assert page.run(LANES) == ["base", "asr"]
    texts = page.run("[...document.querySelectorAll('.lane')].map(lane => lane.textContent)")
    assert all(" ms" in text for text in texts)
    assert "raw speech" in texts[0]
    assert "understood: “the left one”" in texts[1]
    assert page.run("document.querySelectorAll('.curves path:not(.area)').length") == 4
    assert page.run(LEGEND) == ["probability of start", "probability of end"]
    colours = page.run(
        "[...document.querySelectorAll('.bar.best')].map(bar => getComputedStyle(bar).backgroundColor)"
    )
    assert len(set(colours)) == 2
    # The moment is played, and the video stops at its end.
    page.until(f"{VIDEO}.currentTime > 0 && {VIDEO}.readyState > 1")
    page.click(".lane.s2 .bar.best")
    page.until(f"!{VIDEO}.paused")
    page.until(f"{VIDEO}.paused")
    label = page.run("document.querySelector('.lane.s2 .bar.best').title")
    end = float(label.split(" to 0:")[1].split(",")[0])
    assert page.run(f"{VIDEO}.currentTime") == pytest.approx(end, abs=0.5)


@pytest.mark.parametrize("alone", [("base", "asr"), ("asr",)])
def test_an_answer_may_have_its_relevance_alone(page, monkeypatch, alone):
    def ask_otherwise(room, session, given):
        answer = api.ask(room, session, given)
        if given["method"] in alone:
            answer["relevance"] = answer.pop("p_start")
            del answer["p_end"]
        return answer

    monkeypatch.setitem(api.CALLS, "/api/ask", ask_otherwise)
    choose(page, "#examples", "demo-0")
    ask(page)
    drawn = page.run(
        "[...document.querySelectorAll('.curves')].map(one => one.querySelectorAll('path').length)"
    )
    assert drawn == [2 if name in alone else 3 for name in ("base", "asr")]
    edges = [] if "base" in alone else ["probability of start", "probability of end"]
    assert page.run(LEGEND) == [*edges, "relevance"]


def test_an_example_with_noise(page):
    choose(page, "#examples", "demo-1")
    page.until(f"{SOUND}.duration > 0.4")
    choose(page, "#noise", "rain")
    page.until(f"{SOUND}.src.includes('noise=rain&proportion=0.6') && {SOUND}.readyState > 0")
    page.run("document.querySelector('#proportion').focus()")
    page.press("End")
    page.until(f"{SOUND}.src.includes('proportion=1')")
    assert page.run("document.querySelector('#alpha').textContent") == "1.00"
    ask(page)
    assert page.run(LANES) == ["what was meant", "base", "asr"]
    said = page.run("document.querySelector('.said').textContent")
    # As text: a caption is no HTML.
    assert said == f"Asked with “{CAPTION}”, and rain, signal to noise 0.0 dB"


def test_a_video_of_ones_own(page, files):
    give(page, "#video-file", files / "clip.mp4")
    page.until(f"{NAME} === 'clip.mp4'")
    page.until(READY)
    page.until(f"{VIDEO}.readyState > 0")
    assert page.run("document.querySelector('#examples-part').checkVisibility()") is False
    give(page, "#speech-file", files / "q.wav")
    ask(page)
    assert page.run(LANES) == ["base", "asr"]
    page.run(f"{VIDEO}.pause(), {VIDEO}.currentTime = 6.5")
    page.until(f"!{VIDEO}.seeking && {VIDEO}.currentTime === 6.5")
    # They are there after loading the page again, and gone when it is asked to forget them.
    page.call("Page.reload")
    page.until(f"{READY} && {NAME} === 'clip.mp4'")
    page.click("#forget")
    page.until("document.querySelector('#status').textContent === 'your files are removed'")
    assert page.run(NAME) == "demo, 0:08"


def test_what_is_refused_is_said(page, tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    give(page, "#video-file", tmp_path / "notes.mp4")
    page.until(f"{FAULT}.startsWith('notes.mp4 is of no kind that is known here')")
    soundfile.write(tmp_path / "silent.wav", speech(1) * 0, RATE)
    give(page, "#speech-file", tmp_path / "silent.wav")
    page.until(f"{FAULT}.startsWith('silent.wav is silent')")
    (tmp_path / "long.wav").write_bytes(bytes(400_000))
    give(page, "#speech-file", tmp_path / "long.wav")
    page.until(f"{FAULT} === 'long.wav has 0.4 MB; the most is 0.3 MB'")
    assert page.run("document.querySelector('#ask').disabled")
    # The browser itself tells the console of each refusal.
    for entry in page.events.pop("Log.entryAdded"):
        assert "status of 422" in entry["entry"]["text"]


def test_a_fault_is_in_sight_on_a_phone(page, tmp_path):
    page.look(420, 700)
    page.run("document.querySelector('#video-file').focus()")
    (tmp_path / "notes.mp4").write_text("no video")
    give(page, "#video-file", tmp_path / "notes.mp4")
    page.until(f"{FAULT}.startsWith('notes.mp4 is')")
    place = "document.querySelector('#fault').getBoundingClientRect()"
    page.until(f"{place}.top >= 0 && {place}.bottom <= innerHeight")
    page.events.pop("Log.entryAdded")


def test_keys_reach_everything(page):
    choose(page, "#examples", "demo-0")
    ask(page)
    reached = []
    page.run("document.activeElement.blur()")
    for _ in range(60):
        page.press("Tab")
        reached.append(page.run("(a => a.id || a.className)(document.activeElement)"))
    for expected in (
        "demo",
        "record",
        "speech-file",
        "examples",
        "noise",
        "ask",
        "video",
        "bar best",
        "forget",
    ):
        assert expected in reached
    page.run("document.querySelector('.bar.best').focus()")
    page.press("Enter")
    page.until(f"!{VIDEO}.paused")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(page, scheme):
    page.look(360, 740, scheme)
    choose(page, "#examples", "demo-0")
    ask(page)
    assert page.run("document.documentElement.scrollWidth") == 360
    dark = page.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"
    assert dark == (scheme == "dark")


def test_what_the_browser_can_not_play_can_be_asked(page, tmp_path):
    give(page, "#video-file", write_video(tmp_path / "old.avi", codec="mpeg4"))
    page.until(f"{NAME} === 'old.avi' && {READY}")
    page.until("document.querySelector('#play-note').textContent.includes('can\\'t play')")
    give(page, "#speech-file", write_wav(tmp_path / "q.wav"))
    ask(page)
    assert page.run(LANES) == ["base", "asr"]
