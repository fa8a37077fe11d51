"""Ask about a video: `svground ask VIDEO SPEECH`."""

import argparse
import json
import sys
from pathlib import Path
from typing import NoReturn

from stages.common.errors import command_entry
from stages.scoring.metrics import MOMENTS
from stages.tools.ask import clip, picture
from stages.tools.ask.answer import Answer, clock_time
from stages.tools.ask.grounder import Grounder
from stages.tools.ask.outputs import check_output
from stages.tools.ask.query import Query, Text
from stages.tools.ask.trained import trained_methods
from stages.tools.ask.video import Video

LISTENS, READS = "vgcl", ("text", "asr")


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
    parser.add_argument("--method", help=f"a trained method ({LISTENS}; with --text {' or '.join(READS)})")
    parser.add_argument("--models", type=Path, default=Path("models"), help="the folder of trained methods")
    parser.add_argument(
        "--features", type=Path, help="the video's features, for models trained on imported ones"
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


def _method(options: argparse.Namespace) -> str:
    if options.method is not None:
        return options.method
    if options.text is None:
        return LISTENS
    trained = trained_methods(options.models)
    return next((name for name in READS if name in trained), READS[0])


def _print(video: Video, answer: Answer, method: str) -> None:
    print(f"{video.path}, {clock_time(video.duration)}, asked by {method}")
    if answer.words is not None:
        print(f"read: {answer.words!r}")
    for rank, moment in enumerate(answer.moments, 1):
        print(f"{rank:3}  {moment}")
    for note in [*video.notes, *answer.notes]:
        print(f"note: {note}")
    described = "video from the cache" if video.from_cache else "video"
    parts = {described: video.seconds, **answer.seconds}
    print(", ".join(f"{part} {1000 * seconds:,.1f} ms" for part, seconds in parts.items()))


@command_entry
def main() -> None:
    """Answer as the command line asks."""
    options = _options()
    method = _method(options)
    query: Query = Text(options.text) if options.text is not None else options.speech
    with Grounder.load(options.models / method, cache=options.cache) as grounder:
        video = grounder.video(options.video, options.features)
        answer = grounder.ground(video, query, options.top)
    if options.json:
        facts = {"video": str(video.path), "duration": video.duration, "method": method}
        content = {**facts, **answer.as_json()}
        content["seconds"] = {"video": video.seconds, **answer.seconds}
        content["notes"] = [*video.notes, *answer.notes]
        print(json.dumps(content, ensure_ascii=False))
    else:
        _print(video, answer, method)
    if options.plot:
        spoken = answer.words if answer.words is not None else options.speech.name
        picture.draw(options.plot, video, answer, f"{method}: {spoken}")
    if options.clip:
        clip.cut(video.path, answer.moments[0], options.clip)


if __name__ == "__main__":
    main()
