"""From a video and a sentence to the moments of all methods, over HTTP."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from stages.mix.mixing import mix
from stages.tools.ask import Grounder
from tests.tools.ask.world import RATE, speech
from tests.tools.live.world import CAPTION, Client


def test_what_can_be_chosen_is_listed(client):
    room = client.get("/api/room").json
    assert room["methods"] == [
        {"name": "base", "listens": True, "style": 0},
        {"name": "asr", "listens": False, "style": 2},
    ]
    (video,) = room["videos"]
    assert (video["id"], video["name"]) == ("demo", "demo, 0:08")
    assert [one["id"] for one in video["examples"]] == ["demo-0", "demo-1"]
    assert video["examples"][0] == {
        "id": "demo-0", "caption": CAPTION, "speaker": "ann", "start": 1.0, "end": 2.5
    }  # fmt: skip
    assert room["noises"] == ["dog", "rain", "silence"]
    assert room["limits"] == {"video": 400_000, "speech": 300_000}
    assert room["own"] == []


def test_an_example_about_a_demo_video(client, project):
    assert client.described("demo").json["duration"] == 8
    by_name = {
        name: client.call("ask", video="demo", speech="demo-1", method=name).json for name in ("base", "asr")
    }
    grounder = Grounder.load(project / "models/base")
    expected = grounder.ground(
        grounder.video(project / "data/corpus/videos/demo.mp4"), (speech(0.5, 3), RATE)
    )
    base, asr = by_name["base"], by_name["asr"]
    assert base["moments"] == [pytest.approx(vars(moment)) for moment in expected.moments]
    assert base["p_start"] == expected.curves["p_start"].tolist()
    assert (base["words"], asr["words"]) == (None, "the left one")
    assert list(base["seconds"]) == ["speech", "mels", "network", "ranking"]
    assert list(asr["seconds"]) == ["speech", "transcript", "words", "network", "ranking"]
    assert (base["duration"], base["snr_db"]) == (8, None)


def test_a_video_and_a_recording_of_ones_own(client, served, files):
    sent = client.upload("videos", files / "clip.mp4", "my%20holiday.mp4").json
    said = client.upload("speech", files / "q.webm", "said").json
    assert sent["name"] == "my holiday.mp4"
    assert said["seconds"] == pytest.approx(2, abs=0.1)
    state = client.described(sent["id"]).json
    assert (state["duration"], state["from_cache"]) == (8, False)
    answer = client.call("ask", video=sent["id"], speech=said["id"], method="base").json
    assert 0 <= answer["moments"][0]["start"] < answer["moments"][0]["end"] <= 8
    assert "the first 0.6 s are heard" in answer["notes"][0]
    # Asked again, it is not described again.
    assert client.described(sent["id"]).json == state
    assert client.get("/api/room").json["own"] == [sent]
    # Of the recording there is only what was decoded.
    assert sorted(path.suffix for path in served.folders() if path.is_file()) == ["", ".wav"]
    assert client.call("forget").json == {}
    assert served.folders() == []
    assert client.get(f"/video/{sent['id']}").status == 404


def test_noise_is_mixed_as_by_the_stage_and_heard_as_it_is_asked(client, served, project):
    clean = soundfile.read(io.BytesIO(client.get("/speech/demo-1").content), dtype="int16")[0]
    np.testing.assert_array_equal(clean, speech(0.5, 3))
    heard = client.get("/speech/demo-1?noise=rain&proportion=0.5")
    assert heard.headers["Content-Type"] == "audio/wav"
    noisy = soundfile.read(io.BytesIO(heard.content), dtype="int16")[0]
    # The only clip of rain in the test fold, at some place in it.
    clip = soundfile.read(project / "data/esc50/audio/5-0.wav", dtype="int16")[0]
    added = noisy.astype(float) - clean
    fits = [np.dot(added[:200], clip[n : n + 200]) for n in range(len(clip) - len(clean) + 1)]
    part = clip[int(np.argmax(fits)) :][: len(clean)]
    expected = mix(clean, part / np.float32(32767), 0, 0.5, "add")
    np.testing.assert_allclose(noisy, expected.samples, atol=1)
    client.described("demo")
    asked = {"video": "demo", "speech": "demo-1", "method": "base"}
    answer = client.call("ask", noise="rain", proportion=0.5, **asked).json
    assert answer["snr_db"] == pytest.approx(20 * np.log10(2), abs=0.05)
    plain = client.call("ask", noise="", proportion=0.5, **asked).json
    assert answer["p_start"] != plain["p_start"]
    samples = served.room.noises.over(clean, "rain", 0.5).samples
    np.testing.assert_array_equal(samples, noisy)


def test_a_player_gets_the_part_it_asks_for(client, project):
    content = (project / "data/corpus/videos/demo.mp4").read_bytes()
    size = len(content)
    whole = client.get("/video/demo")
    assert (whole.status, whole.content) == (200, content)
    assert (whole.headers["Content-Type"], whole.headers["Accept-Ranges"]) == ("video/mp4", "bytes")
    for wanted, start, stop in (
        ("0-99", 0, 100),
        ("100-", 100, size),
        ("-7", size - 7, size),
        ("5-999999", 5, size),
    ):
        part = client.get("/video/demo", Range=f"bytes={wanted}")
        assert (part.status, part.content) == (206, content[start:stop])
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
    for other in ("bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=9-5", "bytes=a-b"):
        assert client.get("/video/demo", Range=other).content == content
    for beyond in (f"{size}-", "-0"):
        part = client.get("/video/demo", Range=f"bytes={beyond}")
        assert (part.status, part.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_many_ask_at_once(served):
    clients = [Client(served) for _ in range(3)]
    for one in clients:
        one.described("demo")

    def asks(one):
        return [
            one.call("ask", video="demo", speech=f"demo-{n % 2}", method=("base", "asr")[n % 2]).json[
                "p_start"
            ]
            for n in range(6)
        ]

    with ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(asks, clients)
    for other in others:
        np.testing.assert_array_equal(first, other)
    assert first[0] != first[1]
