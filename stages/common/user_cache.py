"""What is made once for a user: queued experiments, each in a copy of the checkout, share it."""

import os
from pathlib import Path


def user_cache() -> Path:
    """The user's folder for this project, outside the checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "spoken-video-grounding"
