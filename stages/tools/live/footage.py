"""A video of the page: shown, described once in the background, and asked about many times."""

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stages.common.errors import DataError, UserError
from stages.corpus.extractors.extractor import Progress
from stages.tools.ask.video import Video

Describe = Callable[[Path, Progress], Video]


def by_name(line: object, path: Path, name: str) -> str:
    """A message about a file, which is called as its owner calls it."""
    return str(line).replace(str(path), name)


@dataclass
class Footage:
    """`done` is the share that has been described; `fault` says why the rest will not be."""

    path: Path
    name: str
    content_type: str
    size: int = 0
    done: float = 0.0
    video: Video | None = None
    fault: str | None = None
    _begun: bool = False
    _unwanted: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, describe: Describe) -> None:
        """Describe it in a thread of its own, unless that has begun before."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
        threading.Thread(target=self._run, args=(describe,), daemon=True).start()

    def give_up(self) -> None:
        """Nobody will ask about it any more."""
        self._unwanted = True

    def _run(self, describe: Describe) -> None:
        try:
            self.video = describe(self.path, self._tell)
        except UserError as error:
            self.fault = by_name(error, self.path, self.name)
        except Exception:
            traceback.print_exc()
            self.fault = f"{self.name} could not be described; the terminal says why"

    def _tell(self, done: float) -> None:
        if self._unwanted:
            raise DataError("the session has ended")
        self.done = done
