"""What many queries cost: `svground scale` mixes simulated corpora and takes their spectrograms.

The speech is generated, what works on it are the pipeline's own commands.
"""

import argparse
import contextlib
import shutil
import tempfile
from pathlib import Path

from tqdm import tqdm

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import UserError, stage_entry
from stages.common.parallel import worker_count
from stages.common.params import Params, load_params
from stages.common.space import require_space
from stages.tools.scale.corpus import write_corpus
from stages.tools.scale.watch import Cost, watched

_ROOMS = {"mix": Path("data/mixed"), "mels": Path("data/mels")}
_HEAD = (
    "| queries | stage | shards | seconds | CPU-seconds | clips per CPU-second | peak memory | on disk |\n"
    "|---:|---|---:|---:|---:|---:|---:|---:|"
)


@stage_entry
def main() -> None:
    """Measure each size, and print a table."""
    parser = argparse.ArgumentParser(prog="svground scale", description=__doc__)
    parser.add_argument(
        "--queries", type=_sizes, default=[4500, 18000, 72000], help="sizes (default: 4500,18000,72000)"
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=2.0, help="mean length of the speech (default: 2)"
    )
    parser.add_argument("--folder", type=Path, help="where to write, and remove it again (default: /tmp)")
    options = parser.parse_args()
    params = load_params()
    if options.folder is not None and not options.folder.is_dir():
        raise UserError(f"--folder {options.folder} is no folder")
    with tempfile.TemporaryDirectory(prefix="svg-scale-", dir=options.folder) as folder:
        size = max(options.queries) * _bytes_of_a_query(params, options.seconds)
        require_space(Path(folder), size, f"simulating {max(options.queries):,} queries")
        shutil.copy("params.yaml", folder)
        with contextlib.chdir(folder):
            rows = _measure(options.queries, options.seconds)
    print(f"speech of {options.seconds:g} s in the mean, {worker_count()} worker processes\n")
    print("\n".join([_HEAD, *rows]))


def _measure(sizes: list[int], seconds: float) -> list[str]:
    watched("stages.esc50")
    rows = []
    for count in tqdm(sizes, desc="scale", unit="corpus", disable=None):
        write_corpus(count, seconds)
        for room, out in _ROOMS.items():
            rows.append(_row(count, room, out, watched(f"stages.{room}")))
        for folder in (Path("data/corpus"), *_ROOMS.values()):
            shutil.rmtree(folder)
    return rows


def _row(count: int, room: str, out: Path, cost: Cost) -> str:
    shards = list(out.glob("*.h5"))
    size = sum(path.stat().st_size for path in out.iterdir())
    return (
        f"| {count:,} | `{room}` | {len(shards)} | {cost.seconds:.0f} | {cost.cpu_seconds:.0f} | "
        f"{count / cost.cpu_seconds:,.0f} | {cost.peak / 1e6:,.0f} MB | {size / 1e9:.2f} GB |"
    )


def _bytes_of_a_query(params: Params, seconds: float) -> int:
    """Of its speech before and after mixing, and of its spectrogram."""
    return int(seconds * (2 * 2 * SAMPLE_RATE + 1000 / params.mels.hop_ms * params.mels.bands * 2))


def _sizes(text: str) -> list[int]:
    sizes = text.split(",")
    if not all(size.isdigit() and int(size) >= 10 for size in sizes):
        raise argparse.ArgumentTypeError(f"{text!r} are no numbers of queries from 10 on, e.g. 4500,18000")
    return [int(size) for size in sizes]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of speech; give 0.1 to 600 seconds")
    return seconds


if __name__ == "__main__":
    main()
