"""What the run was: its corpus, its noise, its recogniser, its commit."""

import subprocess
from pathlib import Path

from stages.common.artifacts import read_json
from stages.common.params.schema import Noise
from stages.tools.browse.run import Run

MIX, TRANSCRIPTS = Path("metrics/stages/mix.json"), Path("metrics/stages/transcripts.json")
# What a commit must hold for its name to stand for the run.
_OF_THE_RUN = ("params.yaml", "dvc.yaml", "dvc.lock", "stages")


def settings_of(run: Run) -> dict[str, str]:
    """Names and values, as they are shown."""
    params, queries = run.params, run.queries
    heard = {
        "corpus": params.corpus.name,
        "shown": f"{len(queries):,} test queries about {queries['video_id'].nunique():,} videos",
        "noise": noise_of(params.noise),
        "signal to noise": _snr(),
        "recogniser": _recogniser(),
        "seeds": f"data {params.seed}, training {params.training_seed}",
        "commit": commit(),
        "not evaluated yet": ", ".join(run.waiting),
    }
    return {name: value for name, value in heard.items() if value}


def noise_of(noise: Noise) -> str:
    """How loud the noise is, in the words of params.yaml."""
    covered = f"mode {noise.mode}, over {_range(noise.coverage)} of the speech"
    if noise.snr_db is not None:
        return f"{_range(noise.snr_db)} dB, {covered}"
    if noise.proportion is not None:
        return f"proportion {_range(noise.proportion)}, {covered}"
    return noise.level if noise.level == "clean" else f"{noise.level}, {covered}"


def _range(pair: tuple[float, float]) -> str:
    return f"{pair[0]:g} to {pair[1]:g}"


def _snr() -> str:
    """As it came out on test."""
    if not MIX.exists():
        return ""
    content = read_json(MIX, "mix")
    test, strength = content.get("test", {}), content.get("strength", {})
    if "snr_db_mean" not in test:
        return ""
    drawn = ""
    if strength.get("unit") == "proportion":
        drawn = f" (proportion {strength['low']} to {strength['high']})"
    return f"mean {test['snr_db_mean']} dB, {test['snr_db_min']} to {test['snr_db_max']} dB on test{drawn}"


def _recogniser() -> str:
    if not TRANSCRIPTS.exists():
        return ""
    content = read_json(TRANSCRIPTS, "transcripts")
    test = content.get("test", {})
    if "wer" not in test:
        return ""
    return f"{content['weights']}; on test {test['wer']:.2f} % of words wrong (WER), CER {test['cer']:.2f} %"


def commit() -> str:
    """The commit in the workspace; "" outside of git."""
    name = _git("rev-parse", "--short=8", "HEAD")
    if not name:
        return ""
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *_OF_THE_RUN)
    files = sorted({line.split()[-1].split("/")[0] for line in changed.splitlines()})
    return f"{name}, with uncommitted changes in {', '.join(files)}" if files else name


def _git(*words: str) -> str:
    try:
        found = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
