"""Whether what is about to be written will fit, asked before hours of work and not after."""

import shutil
from pathlib import Path

from stages.common.errors import UserError

_MARGIN = 1.1


def require_space(folder: Path, size: int, what: str) -> None:
    """Refuse to begin what needs more bytes than are free where `folder` lies or will lie."""
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(place).free
    if free < _MARGIN * size:
        raise UserError(
            f"{what} needs about {_readable(int(_MARGIN * size))} in {folder}, and {_readable(free)} are "
            "free there; free some space"
        )


def _readable(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"
