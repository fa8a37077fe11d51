"""A moment cut out of a video, exact to the frame: encoded anew, since copies start at key frames."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path

import av

from stages.common.artifacts import written_whole
from stages.common.errors import DataError
from stages.corpus.video_files import start_of
from stages.tools.ask.answer import Moment
from stages.tools.ask.frames import frames_from, upright

SUFFIXES = (".mp4", ".mkv", ".mov")
# Less than this nobody can watch.
SHORTEST_SECONDS = 0.5
_TICKS = Fraction(1, 90_000)


def cut(video: Path, moment: Moment, out: Path) -> None:
    """Write the moment as a video of its own, with what is around it where it is too short to be watched."""
    moment = _watchable(moment)
    try:
        with (
            av.open(str(video)) as source,
            written_whole(out) as temporary,
            av.open(str(temporary), "w") as target,
        ):
            _Cut(source, target, moment).run()
    except (av.FFmpegError, OSError) as error:
        raise DataError(f"{out} could not be cut from {video} ({error.strerror})") from None


def _watchable(moment: Moment) -> Moment:
    if moment.end - moment.start >= SHORTEST_SECONDS:
        return moment
    start = max(0.0, (moment.start + moment.end - SHORTEST_SECONDS) / 2)
    return replace(moment, start=start, end=start + SHORTEST_SECONDS)


class _Cut:
    """The streams of one cut."""

    def __init__(
        self, source: av.container.InputContainer, target: av.container.OutputContainer, moment: Moment
    ) -> None:
        self.source, self.target = source, target
        self.pictures = source.streams.video[0]
        late = start_of(source)
        self.start, self.end = moment.start + late, moment.end + late
        self.sound = source.streams.audio[0] if source.streams.audio else None

    def run(self) -> None:
        picture_out: av.VideoStream | None = None
        sound_out = None
        if self.sound is not None:
            sound_out = self.target.add_stream("aac", rate=self.sound.rate)
        for frame in self._pictures():
            shown = upright(frame)
            if picture_out is None:
                picture_out = self._picture_stream(shown)
            pts = max(0.0, (frame.time or 0.0) - self.start)
            image = shown.reformat(picture_out.width, picture_out.height, "yuv420p")
            image.pts, image.time_base = round(pts / _TICKS), _TICKS
            self.target.mux(picture_out.encode(image))
        if picture_out is None:
            raise DataError(f"{self.source.name} shows nothing in this moment")
        self.target.mux(picture_out.encode())
        if sound_out is not None:
            self._write_sound(sound_out)

    def _picture_stream(self, first: av.VideoFrame) -> av.VideoStream:
        rate = self.pictures.average_rate or Fraction(25)
        stream = self.target.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "18"})
        # 4:2:0 needs even sides.
        stream.width, stream.height = first.width // 2 * 2, first.height // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = _TICKS
        return stream

    def _pictures(self) -> Iterator[av.VideoFrame]:
        """The picture on the screen when the moment starts, and all until it ends."""
        for frame, following in pairwise(chain(frames_from(self.source, self.pictures, self.start), [None])):
            if (frame.time or 0.0) >= self.end:
                return
            if following is None or (following.time or 0.0) > self.start:
                yield frame

    def _write_sound(self, out: av.AudioStream) -> None:
        assert self.sound is not None
        resampler = av.AudioResampler(format=out.format, layout=self.sound.layout, rate=out.rate)
        for frame in frames_from(self.source, self.sound, self.start):
            time = frame.time or 0.0
            if time >= self.end:
                break
            if time < self.start:
                continue
            for part in resampler.resample(frame):
                part.pts = round((time - self.start) * out.rate)
                part.time_base = Fraction(1, out.rate)
                self.target.mux(out.encode(part))
        self.target.mux(out.encode())
