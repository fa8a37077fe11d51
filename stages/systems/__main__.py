"""What each row is made of, so that a change reaches the rows it concerns: `python -m stages.systems`."""

import shutil
from pathlib import Path

from stages.common.artifacts import write_json
from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.recipe import STAGES, recipe_of
from stages.common.transcripts_needed import write_needed

OUT = Path("data/rows")


@stage_entry
def main() -> None:
    """Write a recipe per row of `compare` and stage, and which transcripts the rows read."""
    params = load_params()
    shutil.rmtree(OUT, ignore_errors=True)
    for name in params.compare:
        for stage in STAGES:
            write_json(OUT / name / f"{stage}.json", recipe_of(params, name, stage))
    write_needed(params.methods[name] for name in params.compare)
    print(f"{OUT}: {len(params.compare)} rows, {', '.join(params.compare)}")


if __name__ == "__main__":
    main()
