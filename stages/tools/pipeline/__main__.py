"""Draw the stages of dvc.yaml and the data between them: `svground pipeline` writes plots/pipeline.svg."""

import argparse
from pathlib import Path

from stages.common.artifacts import written_whole
from stages.common.errors import stage_entry
from stages.tools.pipeline.drawing import draw
from stages.tools.pipeline.graph import flows, read_stages


@stage_entry
def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(prog="svground pipeline", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("plots/pipeline.svg"), help="(plots/pipeline.svg)")
    out = parser.parse_args().out
    stages = read_stages(Path("dvc.yaml"), Path("params.yaml"))
    with written_whole(out) as temporary:
        temporary.write_text(draw(stages, flows(stages)))
    print(f"{out}: {len(stages)} stages")


if __name__ == "__main__":
    main()
