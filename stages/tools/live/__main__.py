"""A page on this machine that is asked about videos by voice: `svground live`."""

import argparse
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stages.common.errors import DataError, ParamsError, command_entry
from stages.common.params import Params
from stages.common.params.load import load_params
from stages.tools.ask.trained import project_of
from stages.tools.live.library import read_library
from stages.tools.live.methods import SHOWN, load_methods
from stages.tools.live.noises import Noises
from stages.tools.live.room import Room
from stages.tools.live.server import LiveServer
from stages.tools.live.session import MEGABYTE, Limits, Sessions
from stages.training.precision import use_threads

_SWEEP_SECONDS = 30


def _options() -> argparse.Namespace:
    usual = Limits()
    parser = argparse.ArgumentParser(prog="svground live", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of 127.0.0.1; 0 is any free one (8000)")
    parser.add_argument("--methods", help=f"e.g. vgcl,asr (the {SHOWN} best on dev)")
    parser.add_argument("--models", type=Path, default=Path("models"), help="the folder of trained methods")
    for name, default, what in (
        ("video-mb", usual.video_bytes / MEGABYTE, "the largest video"),
        ("speech-mb", usual.speech_bytes / MEGABYTE, "the largest recording"),
        ("session-mb", usual.session_bytes / MEGABYTE, "what one browser may leave here"),
        ("keep-minutes", usual.idle_seconds / 60, "an idle browser's files are removed after this"),
    ):
        parser.add_argument(f"--{name}", type=float, default=default, help=f"{what} ({default:g})")
    options = parser.parse_args()
    if not 0 <= options.port <= 65535:
        parser.error("--port: a number from 0 to 65535")
    if min(options.video_mb, options.speech_mb, options.session_mb, options.keep_minutes) <= 0:
        parser.error("limits are above 0")
    return options


def _limits(options: argparse.Namespace) -> Limits:
    return Limits(
        video_bytes=round(options.video_mb * MEGABYTE),
        speech_bytes=round(options.speech_mb * MEGABYTE),
        session_bytes=round(options.session_mb * MEGABYTE),
        idle_seconds=options.keep_minutes * 60,
    )


def _noises(params: Params, project: Path) -> Noises | None:
    noise = params.noise
    if project != Path.cwd() and "://" not in noise.esc50:
        noise = noise.model_copy(update={"esc50": str(project / noise.esc50)})
    try:
        return Noises(noise, params.seed)
    except (DataError, ParamsError) as error:
        print(f"note: without noise: {error}")
        return None


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[LiveServer]:
    """A server that is ready; what it was sent goes when it ends."""
    project = project_of(options.models)
    params = load_params(project / "params.yaml")
    use_threads(params.machine.threads)
    names = options.methods.split(",") if options.methods else None
    with (
        load_methods(options.models, names) as methods,
        tempfile.TemporaryDirectory(prefix="live-") as folder,
    ):
        library = read_library(project)
        sessions = Sessions(Path(folder), _limits(options))
        room = Room(methods, library, _noises(params, project), sessions)
        with LiveServer(options.port, room) as server:
            methods.warm_up()
            try:
                yield server
            finally:
                sessions.end_all()


def _end_idle(sessions: Sessions, ended: threading.Event) -> None:
    while not ended.wait(_SWEEP_SECONDS):
        sessions.end_idle()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@command_entry
def main() -> None:
    """Serve until Ctrl-C."""
    options = _options()
    # Otherwise uploads would be left behind.
    signal.signal(signal.SIGTERM, _interrupt)
    ended = threading.Event()
    with suppress(KeyboardInterrupt), opened(options) as server:
        room = server.room
        threading.Thread(target=_end_idle, args=(room.sessions, ended), daemon=True).start()
        print(f"{', '.join(room.methods.grounders)}; {len(room.library.videos)} demo videos")
        print(f"open {server.address} in a browser; Ctrl-C ends it", flush=True)
        try:
            server.serve_forever()
        finally:
            ended.set()


if __name__ == "__main__":
    main()
