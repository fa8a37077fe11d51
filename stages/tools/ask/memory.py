"""What a model has seen of the videos that it was asked about last."""

from weakref import WeakKeyDictionary

from stages.networks.interface import Seen
from stages.tools.ask.video import Video

# At the paper's size 600 KB each.
MOST = 64


class Memory:
    """Each video as it was seen, as long as somebody holds the video, and no more than `MOST` of them."""

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[Video, Seen] = WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self._seen)

    def get(self, video: Video) -> Seen | None:
        """What was kept; it is then the last to be forgotten."""
        seen = self._seen.pop(video, None)
        if seen is not None:
            self._seen[video] = seen
        return seen

    def keep(self, video: Video, seen: Seen) -> None:
        """Remember a video, in the place of the one that nobody has asked about for longest."""
        while len(self._seen) >= MOST:
            self._seen.pop(next(self._seen.keys()), None)
        self._seen[video] = seen
