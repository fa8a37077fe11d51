"""The browse room: `svground browse` makes a page to look at the run and listen to it."""

import argparse
from pathlib import Path

from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.tools.browse.cases import write_cases
from stages.tools.browse.details import write_details
from stages.tools.browse.folder import refuse_foreign, replaced_folder
from stages.tools.browse.page import write_page
from stages.tools.browse.run import read_run
from stages.tools.browse.videos import Place, place_videos


@stage_entry
def main() -> None:
    """Make the folder, and say how to open it."""
    parser = argparse.ArgumentParser(prog="svground browse", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/browse"), help="default: build/browse")
    parser.add_argument("--methods", type=_names, help="e.g. base,vgcl (default: `compare` of params.yaml)")
    parser.add_argument("--cases", type=_count, help="so many test queries, evenly spread (default: all)")
    parser.add_argument("--no-videos", action="store_true", help="leave the video files out")
    options = parser.parse_args()
    refuse_foreign(options.out)
    run = read_run(load_params(), options.methods).only(options.cases)
    with replaced_folder(options.out) as folder:
        video_ids = sorted(set(run.queries["video_id"]))
        if options.no_videos:
            places: list[Place] = [(None, "This page was made with --no-videos.") for _ in video_ids]
        else:
            places = place_videos(run.params, video_ids, folder)
        write_cases(folder, run, dict(zip(video_ids, places, strict=True)))
        write_details(folder, run)
        write_page(folder, run)
    print(f"{len(run.queries):,} cases of {', '.join(run.methods)}")
    if missing := sum(file is None for file, _ in places):
        print(f"{missing:,} of {len(places):,} videos have no file: their cases say so")
    print(f"open {options.out}/index.html in a browser")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names) or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of different methods, e.g. base,vgcl")
    return names


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of cases; give 1 or more")
    return int(text)


if __name__ == "__main__":
    main()
