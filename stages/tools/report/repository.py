"""Git and DVC as the reports ask them, and what to do where they have nothing to say."""

import subprocess
from typing import Any

import dvc.api
import dvc.exceptions

from stages.common.errors import UserError


def git(*words: str) -> str | None:
    """What git answers; None where it can't."""
    run = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return None if run.returncode else run.stdout.strip()


def check_repository() -> None:
    """Experiments are commits: without git, or before the first one, there are none."""
    if git("rev-parse", "--git-dir") is None:
        raise UserError(
            "there is no git repository here, and experiments are kept as commits; run this in a clone of "
            "the project, or make it one by `git init`, `git add -A` and `git commit`"
        )
    if git("rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise UserError(
            "the git repository has no commit yet, and experiments need one to start from; run `git add -A` "
            "and `git commit`"
        )


def check_committed() -> None:
    """Refuse changes that experiments would have, and the commit that they are counted for has not."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "params.yaml", "dvc.yaml", "stages")
    if changed:
        names = ", ".join(line.split(maxsplit=1)[1] for line in changed.splitlines())
        raise UserError(
            f"{names} differ from the commit that the runs would be counted for; commit them, or go back by "
            "`git checkout HEAD -- params.yaml` and `dvc repro` (`dvc exp run` leaves its params behind)"
        )


def experiment_rows(**which: Any) -> list[dict[str, Any]]:
    """The rows of `dvc.api.exp_show`."""
    check_repository()
    try:
        rows: list[dict[str, Any]] = dvc.api.exp_show(**which)
    except dvc.exceptions.NotDvcRepoError:
        raise UserError("there is no DVC project here; run this where dvc.yaml is") from None
    except dvc.exceptions.DvcException as error:
        raise UserError(f"DVC can't list the experiments: {error}") from None
    return rows
