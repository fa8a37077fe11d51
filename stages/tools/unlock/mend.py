"""DVC's list of locks, `.dvc/tmp/rwlock`: emptied, then written; a DVC killed in between leaves none."""

import json
from pathlib import Path

from dvc.lock import LockError, make_lock
from dvc.rwlock import RWLOCK_FILE, RWLOCK_LOCK, SCHEMA
from voluptuous import Invalid

from stages.common.errors import UserError

FOLDER = Path(".dvc/tmp")


def mend(folder: Path = FOLDER) -> bool:
    """Remove a list that can't be read, since DVC does nothing before it can; whether there was one."""
    path = folder / RWLOCK_FILE
    if not _damaged(path):
        return False
    try:
        # DVC holds this guard while it writes: what is damaged then is no half of a list to come.
        with make_lock(str(folder / RWLOCK_LOCK), tmp_dir=str(folder)):
            if not _damaged(path):
                return False
            path.unlink()
    except LockError:
        raise UserError(
            f"{path} can't be read, and another DVC process is at work on it; wait for it or stop it, then "
            "run the same command again"
        ) from None
    return True


def _damaged(path: Path) -> bool:
    try:
        SCHEMA(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return False
    except (ValueError, Invalid):
        return True
    return False
