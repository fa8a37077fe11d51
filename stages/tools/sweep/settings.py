"""Settings of runs, checked before anything is queued."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.utils.hydra import apply_overrides

from stages.common.errors import ParamsError, one_line
from stages.common.params import load_params


def check_settings(settings: Sequence[str]) -> None:
    """What would end the run in the night ends the command now."""
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / "params.yaml"
        shutil.copy("params.yaml", tried)
        try:
            apply_overrides(str(tried), list(settings))
            load_params(tried)
        except (DvcException, ParamsError) as error:
            # DVC's own words are few: what it calls has more.
            words = one_line(error.__cause__ if isinstance(error.__cause__, Exception) else error).replace(
                f"{tried}: ", ""
            )
            raise ParamsError(f"{' '.join(settings)}: {words}") from None
