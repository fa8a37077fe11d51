"""A checkout with untrained weights, and small videos and recordings to ask it with."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
import torch

from stages.common.artifacts import write_json
from stages.corpus.extractors.extractor import Pixels
from stages.corpus.pixels import WIDTH
from stages.training import checkpoints
from stages.training.model import build, shape_of
from tests.training.worlds import params, write_words

RATE = 16_000
WORDS = 5
PIXELS = Pixels().facts


def write_video(path, seconds=8.0, codec="libx264", sound=False, side=64, options=None, first=0.0):
    """A square that crosses the picture; with a tone if there is sound."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=8)
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        tone = container.add_stream("aac", rate=RATE, layout="mono") if sound else None
        for number in range(round(seconds * 8)):
            picture = np.full((side, side, 3), 90, np.uint8)
            left = round(number / (seconds * 8) * (side - 16))
            picture[20:36, left : left + 16] = (230, 20, 20)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number + round(8 * first), Fraction(1, 8)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if tone is not None:
            samples = (8000 * np.sin(np.arange(round(seconds * RATE)) / 5)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            container.mux(tone.encode(frame))
            container.mux(tone.encode())
    return path


def speech(seconds=2.0, seed=0):
    """Something that is loud, as the pipeline's int16."""
    return np.random.default_rng(seed).integers(-3000, 3000, round(seconds * RATE)).astype(np.int16)


def write_wav(path, seconds=2.0):
    soundfile.write(path, speech(seconds), RATE)
    return path


def write_figures(dev):
    """What training leaves of each method's mIoU on dev."""
    for name, figure in dev.items():
        write_json(Path(f"metrics/stages/ground-{name}.json"), {"dev_mIoU": figure})


def checkout(folder, methods=("base",), features=PIXELS, width=WIDTH, **changes):
    """Weights of some methods in `folder`, the current one, with what lies around them."""
    vectors = folder / "glove.txt"
    vectors.write_text("comet 1 2 3 4 5\n")
    given = params(text={"glove": str(vectors.absolute())}, **changes)
    ids = ["one", "two"]
    for name in methods:
        method = given.methods[name]
        own = given.of(name)
        learned = own.text.embeddings == "learned"
        vocabulary = 0 if method.query == "speech" else 4
        dims = (width, 128 if method.query == "speech" else 1 if learned else WORDS)
        torch.manual_seed(0)
        model = build(own, name, dims, vocabulary)
        path = Path(f"models/{name}/grounding.safetensors")
        facts = {
            **shape_of(own, name, dims, vocabulary),
            "pretrained": {},
            "name": name,
            "method": method.model_dump(),
            "extractor": features,
            "nms": own.evaluate.nms,
        }
        checkpoints.save(path, model.state_dict(), facts)
        if method.query != "speech":
            write_words(Path(), name, ids, [["the", "left", "one"], ["the", "left"]])
    return given
