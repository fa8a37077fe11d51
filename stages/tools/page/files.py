"""The files of a page: what both pages share, and what one alone has."""

from pathlib import Path

SHARED = Path(__file__).with_name("static")


def page_files(own: Path) -> dict[str, Path]:
    """The shared files and those of the folder `own` by name, for they end up in one folder."""
    return {path.name: path for folder in (SHARED, own) for path in sorted(folder.iterdir())}
