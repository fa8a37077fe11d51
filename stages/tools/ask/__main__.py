"""Ask about a video: `svground ask VIDEO SPEECH`."""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import NoReturn

from stages.common.errors import DataError, command_entry
from stages.scoring.metrics import MOMENTS
from stages.tools.ask import clip, picture
from stages.tools.ask.answer import Answer, Span, clock_time
from stages.tools.ask.choice import best
from stages.tools.ask.grounder import Grounder
from stages.tools.ask.outputs import check_output
from stages.tools.ask.query import Query, Text
from stages.tools.ask.video import Video

# Seconds.
_ROUNDING = 0.5
_EPILOG = (
    "A score is the probability, as the method sees it, that the moment starts and ends just there: of "
    "both together, so it is small even where the method is sure. Something is always answered, also where "
    "the video does not show what is asked for."
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Taken for options are also files whose names begin with a dash."""
        dashed = next((given for given in sys.argv[1:] if given[:1] == "-" and Path(given).is_file()), None)
        super().error(f"{message}; the file {dashed} is given as ./{dashed}" if dashed else message)


def _options() -> argparse.Namespace:
    parser = _Parser(prog="svground ask", description=__doc__, epilog=_EPILOG)
    parser.add_argument("video", type=Path, help="a video file")
    parser.add_argument("speech", type=Path, nargs="?", help="a recording of a sentence, of any format")
    parser.add_argument("--text", help="the sentence in writing, for methods that read")
    parser.add_argument("--method", help="a trained method (the best on dev)")
    parser.add_argument("--models", type=Path, default=Path("models"), help="the folder of trained methods")
    parser.add_argument(
        "--features", type=Path, help="the video's features, for models trained on imported ones"
    )
    parser.add_argument(
        "--truth", type=_truth, metavar="START-END", help="the true moment in seconds, to compare, e.g. 3.5-8"
    )
    parser.add_argument("--top", type=int, default=MOMENTS, help="how many moments")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--plot", type=Path, metavar="OUT.png", help="draw the answer")
    parser.add_argument(
        "--clip",
        type=Path,
        metavar="OUT.mp4",
        help=f"cut the best moment, {clip.SHORTEST_SECONDS:g} s at least",
    )
    parser.add_argument("--cache", type=Path, help="where descriptions of videos are kept (~/.cache)")
    options = parser.parse_args()
    if options.speech is None and options.text is None:
        parser.error("there is no question; give a recording, or --text")
    if options.speech is not None and options.text is not None:
        parser.error("give a recording or --text, and not both")
    if options.top < 1:
        parser.error("--top: at least 1")
    for out, suffixes in ((options.plot, picture.SUFFIXES), (options.clip, clip.SUFFIXES)):
        if out is not None:
            check_output(out, suffixes, (options.video, options.speech, options.features))
    return options


def _truth(text: str) -> Span:
    start, _, end = text.partition("-")
    try:
        span = float(start), float(end)
    except ValueError:
        span = math.nan, math.nan
    if not 0 <= span[0] < span[1] < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no START-END in seconds, e.g. 3.5-8")
    return span


def _chosen(options: argparse.Namespace) -> tuple[str, Grounder]:
    if options.method is not None:
        return options.method, Grounder.load(options.models / options.method, cache=options.cache)
    chosen = best(options.models, "speech" if options.text is None else "text", options.cache)
    return chosen.name, chosen.grounder


def _check_truth(truth: Span | None, video: Video) -> None:
    # Tables round what they say.
    if truth is not None and truth[1] > video.duration + _ROUNDING:
        raise DataError(
            f"--truth {truth[0]:g}-{truth[1]:g} ends after {video.path}, which lasts {video.duration:.1f} s"
        )


def _print(video: Video, answer: Answer, method: str, truth: Span | None) -> None:
    print(f"{video.path}, {clock_time(video.duration)}, asked by {method}")
    if answer.words is not None:
        print(f"read: {answer.words!r}")
    for rank, moment in enumerate(answer.moments, 1):
        compared = "" if truth is None else f", IoU {moment.iou(truth):.2f}"
        print(f"{rank:3}  {moment}{compared}")
    if truth is not None:
        print(f"the truth is {clock_time(truth[0])} - {clock_time(truth[1])}")
    for note in [*video.notes, *answer.notes]:
        print(f"note: {note}")
    described = "video from the cache" if video.from_cache else "video"
    parts = {described: video.seconds, **answer.seconds}
    print(", ".join(f"{part} {1000 * seconds:,.1f} ms" for part, seconds in parts.items()))


def _as_json(video: Video, answer: Answer, method: str, truth: Span | None) -> str:
    facts = {"video": str(video.path), "duration": video.duration, "method": method}
    content = {**facts, **answer.as_json()}
    if truth is not None:
        content["truth"] = list(truth)
        content["iou"] = [moment.iou(truth) for moment in answer.moments]
    content["seconds"] = {"video": video.seconds, **answer.seconds}
    content["notes"] = [*video.notes, *answer.notes]
    return json.dumps(content, ensure_ascii=False)


@command_entry
def main() -> None:
    """Answer as the command line asks."""
    options = _options()
    query: Query = Text(options.text) if options.text is not None else options.speech
    method, grounder = _chosen(options)
    with grounder:
        video = grounder.video(options.video, options.features)
        _check_truth(options.truth, video)
        answer = grounder.ground(video, query, options.top)
    if options.json:
        print(_as_json(video, answer, method, options.truth))
    else:
        _print(video, answer, method, options.truth)
    if options.plot:
        picture.draw(options.plot, video, answer, picture.Asked(method, options.speech), options.truth)
    if options.clip:
        clip.cut(video.path, answer.moments[0], options.clip)


if __name__ == "__main__":
    main()
