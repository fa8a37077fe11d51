"""Commands as a user gives them."""

import os
import re
import subprocess
import sys
from pathlib import Path


def sh(command, folder, expect=0):
    """Run a command as a user would, with the tests' environment as the activated one."""
    environment = {
        **{name: os.environ[name] for name in os.environ if not name.startswith(("PYTEST", "DVC", "GIT"))},
        "COLUMNS": "100",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DVC_SITE_CACHE_DIR": str(folder.parent / "site-cache"),
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip
    run = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False,
        executable="/bin/bash", timeout=1800,
    )  # fmt: skip
    assert run.returncode == expect, f"{command}\n{run.stdout[-3000:]}\n{run.stderr[-3000:]}"
    return run.stdout + run.stderr


def ran(printed):
    """The stages that DVC ran, sorted."""
    return sorted(set(re.findall("Running stage '([\\w@]+)'", printed)))
