"""`python -m stages.esc50`: render the clips and their table."""

from pathlib import Path

import pandas as pd
import soundfile

from stages.common.artifacts import code_fingerprint, fingerprint, resumable_folder, written_whole
from stages.common.errors import stage_entry
from stages.common.parallel import run_tasks
from stages.common.params import load_params
from stages.esc50.categories import CATEGORIES, FOLDS, Clip, all_clips, render
from stages.esc50.signals import LENGTH, RATE

OUT = Path("data/esc50")


def table(clips: list[Clip]) -> pd.DataFrame:
    """The clips as meta/esc50.csv has them."""
    return pd.DataFrame(
        {
            "filename": [clip.filename for clip in clips],
            "fold": [clip.fold for clip in clips],
            "target": [clip.category.target for clip in clips],
            "category": [clip.category.name for clip in clips],
            "esc10": [clip.category.esc10 for clip in clips],
            "src_file": [clip.source for clip in clips],
            "take": "A",
        }
    )


def write_clip(clip: Clip, audio: Path, seed: int) -> None:
    """Render one wav, unless an interrupted run has."""
    path = audio / clip.filename
    if path.exists():
        return
    with written_whole(path) as temporary:
        soundfile.write(temporary, render(clip, seed), RATE, subtype="PCM_16")


def render_all(seed: int, clips_per_fold: int) -> None:
    """Fill data/esc50."""
    clips = all_clips(clips_per_fold)
    key = fingerprint(seed, clips_per_fold, code_fingerprint("esc50", "common"))
    with resumable_folder(OUT, key) as folder:
        audio = (folder / "audio").absolute()
        run_tasks(write_clip, [(clip, audio, seed) for clip in clips], "esc50", "clip", len(clips))
        with written_whole(folder / "meta" / "esc50.csv") as temporary:
            table(clips).to_csv(temporary, index=False)
    print(
        f"{OUT}: {len(clips)} synthetic clips of {LENGTH // RATE} s, "
        f"{len(CATEGORIES)} categories, {len(FOLDS)} folds"
    )


@stage_entry
def main() -> None:
    """Render what params.yaml asks for."""
    params = load_params()
    render_all(params.seed, params.esc50.clips_per_fold)


if __name__ == "__main__":
    main()
