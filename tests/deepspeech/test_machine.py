import platform

import pytest

from stages.common.errors import DataError, UserError
from stages.deepspeech.runtime import Runtime, machine


def pretend(monkeypatch, folder, system="Linux", kind="x86_64", flags="fpu sse2 avx"):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: kind)
    monkeypatch.setattr(machine, "CPUINFO", folder / "cpuinfo")
    (folder / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"system": "Darwin", "kind": "arm64"}, "this is Darwin on arm64"),
        ({"kind": "aarch64"}, "this is Linux on aarch64"),
        ({"flags": "fpu sse2 avxish"}, "this processor has no AVX"),
    ],
)
def test_a_machine_without_it_is_told_the_other_engines(monkeypatch, tmp_path, other, says):
    pretend(monkeypatch, tmp_path, **other)
    # Its loader would kill the process, so the file is not even looked at.
    with pytest.raises(UserError, match=f"{says}.*asr.engine.*moonshine, whisper, wav2vec2 or pocketsphinx"):
        Runtime(tmp_path / "missing.so").library  # noqa: B018


def test_a_machine_with_it_is_not(monkeypatch, tmp_path):
    pretend(monkeypatch, tmp_path)
    machine.check_machine()


@pytest.mark.fault("garbage or nothing for the DeepSpeech library", lost="nothing: refused")
@pytest.mark.parametrize("content", [b"", b"no library"])
def test_a_file_that_is_no_library_is_named(monkeypatch, tmp_path, content):
    pretend(monkeypatch, tmp_path)
    (tmp_path / "libdeepspeech.so").write_bytes(content)
    with pytest.raises(
        DataError, match=r"libdeepspeech.so is not the DeepSpeech library.*dvc repro -sf deepspeech"
    ):
        Runtime(tmp_path / "libdeepspeech.so").library  # noqa: B018


def test_a_missing_library_is_named(monkeypatch, tmp_path):
    pretend(monkeypatch, tmp_path)
    with pytest.raises(DataError, match=r"libdeepspeech.so is missing; run `dvc repro deepspeech`"):
        Runtime(tmp_path / "libdeepspeech.so").library  # noqa: B018
