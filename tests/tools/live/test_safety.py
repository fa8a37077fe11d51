"""What the page does not let through, tried over HTTP."""

import os
import re
import socket
import time

import numpy as np
import pytest
import soundfile

from stages.common.errors import DataError, ParamsError
from stages.tools.live import api
from stages.tools.live.routes import ASSETS
from tests.tools.ask.world import RATE
from tests.tools.live.world import Client, Served, options


def test_only_this_machine_is_served(served):
    for address in ("127.0.0.2", "::1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as attempt, pytest.raises(OSError, match=r"refused|unreach|assign"):
            attempt.connect((address, served.port))


OTHER_NAMES = (
    "evil.example", "127.0.0.1.evil.example", "evil.example:80", "a@127.0.0.1", "0.0.0.0", "127.0.0.1:", None,
)  # fmt: skip


def test_another_name_of_this_machine_is_refused(client):
    for host in OTHER_NAMES:
        for path in ("/", "/page.js", "/api/room", "/video/demo"):
            reply = client.get(path, Host=host)
            assert (host, reply.status) == (host, 403)
            assert "Set-Cookie" not in reply.headers
            assert "for http://127.0.0.1" in reply.error()
    assert client.get("/api/room", Host=f"localhost:{client.port}").status == 200
    # Forwarded from another port.
    assert client.get("/", Host="127.0.0.1:9").headers["Set-Cookie"].startswith("live-9=")


def test_other_sites_can_not_ask(client):
    for origin in (
        None,
        "null",
        "http://evil.example",
        "https://127.0.0.1",
        "http://127.0.0.1:1",
        f"http://localhost:{client.port}",
    ):
        for path in ("/api/ask", "/api/forget", "/api/videos", "/api/speech"):
            reply = client.request("POST", path, b"{}", Origin=origin)
            assert (reply.status, "expected a request of this page" in reply.error()) == (403, True)
    for site in ("cross-site", "same-site"):
        for path in ("/page.js", "/api/room", "/video/demo", "/speech/demo-0"):
            assert client.get(path, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors").status == 403
        assert client.call("describe", {"Sec_Fetch_Site": site}, video="demo").status == 403
        assert client.get("/", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors").status == 403
        assert client.get("/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 200


def test_no_session_sees_what_another_has_sent(served, files):
    ann, bob, nobody = Client(served), Client(served), Client(served, opened=False)
    video = ann.upload("videos", files / "mute.mp4").json["id"]
    said = ann.upload("speech", files / "q.wav").json["id"]
    assert ann.described(video).json["ready"]
    asked = {"video": video, "speech": said, "method": "base"}
    assert ann.call("ask", **asked).status == 200
    assert bob.get(f"/video/{video}").status == bob.get(f"/speech/{said}").status == 404
    assert bob.call("describe", video=video).status == bob.call("ask", **asked).status == 404
    assert bob.call("ask", **{**asked, "video": "demo"}).status in (400, 404)
    assert bob.get("/api/room").json["own"] == []
    assert bob.call("forget").status == 200
    assert ann.get(f"/video/{video}").content == (files / "mute.mp4").read_bytes()
    name = f"live-{served.port}"
    for cookie in (None, f"{name}=", f"{name}=a", "other=1", f'{name}="\\', ann.cookie[:-1]):
        nobody.cookie = cookie
        for reply in (nobody.get(f"/video/{video}"), nobody.get("/api/room"), nobody.call("ask", **asked)):
            assert (reply.status, "session has ended" in reply.error()) == (403, True)
    tokens = {Client(served).cookie for _ in range(5)}
    assert len(tokens) == 5
    assert min(map(len, tokens)) > 50
    attributes = nobody.get("/").headers["Set-Cookie"].split("; ")[1:]
    assert attributes == ["HttpOnly", "SameSite=Strict", "Path=/"]


NOWHERE = (
    "/../params.yaml", "/%2e%2e/params.yaml", "/..%2fparams.yaml", "/video/../../params.yaml",
    "/video/%2e%2e%2f%2e%2e%2fparams.yaml", "/video//etc/passwd", "/video/%2Fetc%2Fpasswd",
    "//etc/passwd", "/video/demo%00", "/video/demo.mp4", "/video/", "/video", "/video/seen",
    "/speech/seen-0", "/speech/../demo-0", "/speech/..%5c..%5cdemo", "/static/page.js", "/page.js/",
    "/index.html", "/page.js%00", "/%ff%fe", "file:///etc/passwd", "/api/ask", "/server.py", "/api",
    "/video/demo/../demo",
)  # fmt: skip


def test_no_path_leads_anywhere(client):
    for path in NOWHERE:
        reply = client.get(path)
        assert (path, reply.status) == (path, 404)
        assert "there is no" in reply.error()


UNFIT = (
    (b"just text", "of no kind that is known here"),
    (b"<html><script>alert(1)</script>", "of no kind that is known here"),
    # FFmpeg would follow these.
    (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "of no kind that is known here"),
    (b"ffconcat version 1.0\nfile /etc/passwd\n", "of no kind that is known here"),
    (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "of no kind that is known here"),
    (b"RIFF\x24\0\0\0WAVEfmt " + bytes(100), r"sound \(WAV\)|can't be read as audio|holds no samples"),
    (b"\0\0\0\x18ftypisom" + os.urandom(3000), "can be read|can't be read"),
    (b"\x1a\x45\xdf\xa3" + bytes(3000), "can be read|can't be read"),
    (b"OggS" + bytes(100), "can be read|can't be read"),
)


def test_files_are_told_by_their_content(client, served):
    for content, line in UNFIT:
        for kind in ("videos", "speech"):
            reply = client.upload(kind, content, "fine.mp4")
            assert (content[:20], reply.status) == (content[:20], 422)
            assert re.search(line, reply.error())
            assert "fine.mp4" in reply.error()
    assert [path for path in served.folders() if path.is_file()] == []


def test_what_can_not_be_grounded_is_said(client, served, files, tmp_path):
    def refused(kind, content):
        reply = client.upload(kind, content, "it")
        return reply.status, reply.error()

    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(tmp_path / "short.wav", np.full(RATE // 10, 0.1), RATE)
    assert refused("speech", tmp_path / "silent.wav")[1].startswith("it is silent")
    assert refused("speech", tmp_path / "short.wav")[1].startswith("it lasts 0.10 s; expected a sentence")
    assert refused("speech", files / "mute.mp4") == (
        422,
        "it holds no sound; expected a recording of a sentence",
    )
    assert refused("videos", files / "q.webm")[1].startswith("it holds sound and no video")
    assert refused("videos", b"") == (400, "the video is empty")
    assert [path for path in served.folders() if path.is_file()] == []
    blink = client.upload("videos", files / "blink.mp4", "blink").json["id"]
    reply = client.described(blink)
    assert (reply.status, reply.error()) == (422, "blink lasts 0.50 s; expected at least 1 s of video")
    ask = {"video": "demo", "speech": "demo-0", "method": "base"}
    assert client.call("ask", **{**ask, "video": blink}).error() == "blink has not been described yet"
    client.described("demo")
    silence = client.call("ask", noise="silence", proportion=0.5, **ask)
    assert silence.error() == "the clips of silence are silent; choose another noise"
    for change, status in (
        ({"video": "no"}, 404), ({"video": None}, 404), ({"speech": 7}, 404), ({"method": "text"}, 404),
        ({"noise": "cat", "proportion": 1}, 404), ({"noise": "rain", "proportion": 2}, 400),
        ({"noise": "rain"}, 400), ({"noise": "rain", "proportion": "nan"}, 400),
        ({"video": ["demo"]}, 400), ({"video": "\ud800"}, 404),
    ):  # fmt: skip
        reply = client.call("ask", **{**ask, **change})
        assert (change, reply.status) == (change, status)
        reply.error()
    for body in (b"", b"{", b"[]", b"1", b"\xff", b"[" * 5000, b'{"a": ' + b"1" * 20_000 + b"}"):
        reply = client.request("POST", "/api/ask", body)
        assert (reply.status, "the request" in reply.error()) == (400, True)


def test_uploads_are_limited(client, served):
    claimed = client.request("POST", "/api/videos", None, Content_Length="99999999999")
    assert (claimed.status, "the most is 0.4 MB" in claimed.error()) == (413, True)
    sent = client.upload("speech", bytes(310_000))
    assert (sent.status, sent.error()) == (413, "the recording has 0.3 MB; the most is 0.3 MB")
    assert client.request("POST", "/api/videos", None).status == 411
    chunked = client.request("POST", "/api/videos", None, Transfer_Encoding="chunked")
    assert (chunked.status, chunked.error()) == (411, "the request does not say how long it is")
    assert client.request("POST", "/api/videos", None, Content_Length="-5").status == 411
    assert served.folders() == []


def test_a_session_is_limited(client, served, files):
    size = len((files / "clip.mp4").read_bytes())
    most = served.room.limits.session_bytes
    while size + held(served) <= most:
        assert client.upload("videos", files / "clip.mp4").status == 200
    full = client.upload("videos", files / "clip.mp4")
    assert (full.status, "press 'Forget my files'" in full.error()) == (413, True)
    assert held(served) <= most
    assert Client(served).upload("videos", files / "clip.mp4").status == 200
    client.call("forget")
    assert client.upload("videos", files / "clip.mp4").status == 200


def held(served):
    return sum(path.stat().st_size for path in served.folders() if path.is_file())


def test_what_breaks_off_leaves_nothing(client, served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as broken:
        host = f"127.0.0.1:{served.port}"
        head = f"POST /api/videos HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        broken.sendall(
            f"{head}Cookie: {client.cookie}\r\nContent-Length: 1000\r\n\r\n".encode() + b"\0\0\0\x18ftypisom"
        )
        broken.shutdown(socket.SHUT_WR)
        assert b"988 bytes are missing" in broken.makefile("rb").read()
    assert [path for path in served.folders() if path.is_file()] == []


def test_files_may_be_removed_while_one_comes(client, served, files):
    content = (files / "mute.mp4").read_bytes()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as slow:
        host = f"127.0.0.1:{served.port}"
        head = f"POST /api/videos?name=it HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        head += f"Cookie: {client.cookie}\r\nContent-Length: {len(content)}\r\n\r\n"
        slow.sendall(head.encode() + content[:100])
        while not served.folders():
            time.sleep(0.01)
        client.call("forget")
        slow.sendall(content[100:])
        slow.shutdown(socket.SHUT_WR)
        assert b"your files were removed before it had come" in slow.makefile("rb").read()
    assert client.get("/api/room").json["own"] == []


def test_files_go_after_a_while_and_in_the_end(inside, files):  # noqa: ARG001
    with Served(options()) as served:
        idle, busy = Client(served), Client(served)
        video = idle.upload("videos", files / "mute.mp4").json["id"]
        kept = busy.upload("videos", files / "mute.mp4").json["id"]
        folder = served.room.sessions.folder
        assert {path.stat().st_mode & 0o77 for path in (folder, *folder.iterdir())} == {0}
        served.room.sessions.get(idle.cookie.partition("=")[2]).used = time.monotonic() - 61
        served.room.sessions.end_idle()
        assert len(list(folder.iterdir())) == 1
        assert idle.get(f"/video/{video}").status == 403
        assert busy.get(f"/video/{kept}").status == 200
    assert not folder.exists()


def test_too_many_sessions_end_the_oldest(served):
    first = Client(served)
    for _ in range(served.room.limits.sessions):
        last = Client(served)
    assert (first.get("/api/room").status, last.get("/api/room").status) == (403, 200)


def test_every_reply_forbids_what_is_not_from_here(client):
    for reply in (
        client.get("/"),
        client.get("/page.js"),
        client.get("/no"),
        client.get("/api/room"),
        client.get("/video/demo"),
    ):
        policy = dict(part.split(" ", 1) for part in reply.headers["Content-Security-Policy"].split("; "))
        assert policy.pop("default-src") == "'none'"
        assert set(" ".join(policy.values()).split()) <= {"'self'", "'none'", "data:", "blob:"}
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in reply.headers
    for path in ASSETS.values():
        found = re.findall(r"(?:https?:)?//[\w.]+", re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.M))
        assert set(found) <= {"http://www.w3.org"}


def test_a_fault_of_ours_is_no_business_of_the_page(client, monkeypatch, capsys):
    def fails(*_):
        raise ValueError("a secret")

    monkeypatch.setitem(api.CALLS, "/api/ask", fails)
    reply = client.call("ask")
    assert (reply.status, reply.error()) == (500, "something went wrong here; the terminal says what")
    assert "a secret" in capsys.readouterr().err
    assert client.get("/api/room").status == 200


def test_requests_that_are_none(client):
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "HEAD"):
        reply = client.request(method, "/api/room")
        assert reply.status == 501
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as raw:
        raw.sendall(b"nonsense /x y z\r\n\r\n")
        assert b'{"error": "the request' in raw.makefile("rb").read()


def test_what_can_not_be_served_is_said_at_once(inside):
    def fault(**changes):
        with pytest.raises((DataError, ParamsError)) as refused, Served(options(**changes)):
            pass
        return str(refused.value)

    assert "no method 'bose'; the nearest is base" in fault(methods="base,bose")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert fault(port=port).startswith(f"port {port} of 127.0.0.1 can't be had (")
    (inside / "data/esc50").rename(inside / "data/away")
    try:
        with Served(options()) as served:
            client = Client(served)
            assert client.get("/api/room").json["noises"] == []
            assert client.get("/speech/demo-0?noise=rain&proportion=0.5").status == 404
    finally:
        (inside / "data/away").rename(inside / "data/esc50")
