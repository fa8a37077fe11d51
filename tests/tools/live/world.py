"""A checkout with demo videos, spoken examples and noise, a served page, and a browser without a window."""

import http.client
import json
import sys
from argparse import Namespace
from pathlib import Path
from threading import Thread

import av
import numpy as np
import pandas as pd
import soundfile

from stages.common.artifacts import write_table
from stages.common.building import build_shards
from stages.corpus.queries import COLUMNS
from stages.tools.live.__main__ import opened
from stages.transcripts.engines.interface import Heard
from tests.tools.ask.world import RATE, checkout, speech, write_video

LIMITS = {"video_mb": 0.4, "speech_mb": 0.3, "session_mb": 0.6, "keep_minutes": 1.0}
CAPTION = "the <b>left</b> one"


class Recogniser:
    """A recogniser, and the engine that loads it, which always hears the same."""

    def recogniser(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def hear(self, samples):
        assert samples.dtype == np.int16
        return Heard("the left one", 0.0)


def write_project(folder):
    """Weights of `base` and `asr`, a demo video, one of training, and noises."""
    checkout(folder, ("base", "asr"))
    videos = folder / "data/corpus/videos"
    videos.mkdir(parents=True)
    rows = []
    for video_id, split in (("seen", "train"), ("demo", "test")):
        write_video(videos / f"{video_id}.mp4", 8)
        for number in range(2):
            query = f"{video_id}-{number}"
            rows.append((query, video_id, split, 8.0, 1.0, 2.5, CAPTION, "ann", query))
    write_table(folder / "data/corpus/queries.parquet", pd.DataFrame(rows, columns=COLUMNS))
    items = {row[0]: speech(0.5, number) for number, row in enumerate(rows)}
    build_shards(folder / "data/corpus/speech", items, lambda samples: samples, "int16", "clip")
    write_noise(folder / "data/esc50")


def write_noise(folder):
    """ESC-50's layout: rain and dogs in each fold, and silence in the last."""
    (folder / "audio").mkdir(parents=True)
    (folder / "meta").mkdir()
    lines = ["filename,fold,category"]
    for fold in range(1, 6):
        for number, category in enumerate(("rain", "dog", *["silence"] * (fold == 5))):
            name = f"{fold}-{number}.wav"
            sound = speech(1.5, 10 * fold + number) * (category != "silence")
            soundfile.write(folder / "audio" / name, sound, RATE)
            lines.append(f"{name},{fold},{category}")
    (folder / "meta/esc50.csv").write_text("\n".join(lines) + "\n")


def write_opus(path, samples):
    """What browsers record: WebM with Opus, which does not say how long it is."""
    with av.open(str(path), "w", format="webm", options={"live": "1"}) as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        for part in av.AudioResampler("s16", "mono", 48_000, frame_size=960).resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode())
    return path


def options(**changes):
    """The command's, with small limits."""
    return Namespace(**{"port": 0, "methods": "base,asr", "models": Path("models"), **LIMITS, **changes})


class Served:
    """A page that is served while the block lasts."""

    def __init__(self, given):
        self._opened = opened(given)

    def __enter__(self):
        self.server = self._opened.__enter__()
        self.port, self.room = self.server.server_address[1], self.server.room
        self._thread = Thread(target=self.server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self._thread.join()
        self._opened.__exit__(*(error or sys.exc_info()))

    def folders(self):
        """What sessions have left on the disk."""
        return sorted(self.room.sessions.folder.rglob("*"))


class Reply:
    def __init__(self, response):
        self.status, self.headers, self.content = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.content)

    def error(self):
        """The one line that says what is wrong."""
        assert list(self.json) == ["error"], self.content
        line = self.json["error"]
        assert "\n" not in line
        assert "Traceback" not in line
        assert "live-" not in line
        return line


class Client:
    """Speaks to the page as a browser that has opened it, or not."""

    def __init__(self, served, opened=True):
        self.port, self.cookie = served.port, None
        if opened:
            self.cookie = self.request("GET", "/").headers["Set-Cookie"].split(";")[0]

    def request(self, method, path, body=None, **headers):
        """Headers by name, with _ for -; None leaves one out."""
        host = f"127.0.0.1:{self.port}"
        fields = {"Host": host, "Cookie": self.cookie, "Origin": f"http://{host}" * (method == "POST")}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if body is not None:
                fields.setdefault("Content-Length", str(len(body)))
            for name, value in fields.items():
                if value is not None and value != "":
                    connection.putheader(name, value)
            connection.endheaders(body)
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path, **headers)

    def call(self, name, headers=None, **given):
        return self.request("POST", f"/api/{name}", json.dumps(given).encode(), **(headers or {}))

    def upload(self, kind, file, name="mine"):
        content = file if isinstance(file, bytes) else file.read_bytes()
        return self.request("POST", f"/api/{kind}?name={name}", content)

    def described(self, video_id):
        """Wait for the description."""
        for _ in range(400):
            state = self.call("describe", video=video_id)
            if state.status != 200 or state.json["ready"]:
                return state
            assert 0 <= state.json["done"] <= 1
        raise AssertionError("it is never described")
