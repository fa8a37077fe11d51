"""How a stage ends: one line, whatever has happened, and its work not begun by a mistaken argument."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from stages.common.ending import stoppable
from stages.common.errors import command_entry, missing, one_line_errors, stage_entry
from tests.paths import ROOT


def ended(capsys, error):
    with pytest.raises(SystemExit) as end, one_line_errors():
        raise error
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return end.value.code, said.strip()


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "the disk is full ([Errno 28] No space left on device: 'a.h5'); free some space"),
        (errno.EROFS, "this place can't be read or written ([Errno 30] Read-only file system: 'a.h5')"),
        (errno.EACCES, "see to its owner, mode and mount"),
    ],
)
def test_what_the_disk_refuses_is_one_line(capsys, number, says):
    code, said = ended(capsys, OSError(number, os.strerror(number), "a.h5"))
    assert code == 1
    assert says in said


def test_other_errors_keep_their_traceback():
    with pytest.raises(FileNotFoundError), one_line_errors():
        raise FileNotFoundError(errno.ENOENT, "a fault of ours", "a.h5")


@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_reader_who_has_seen_enough_ends_a_command_without_a_word(lines):
    code = f"""
from stages.common.errors import one_line_errors
with one_line_errors():
    input()
    for line in range({lines}):
        print(line)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        process.stdout.close()
        process.stdin.write("\n")
        process.stdin.close()
        assert (process.wait(60), process.stderr.read()) == (141, "")


def test_a_pipe_to_a_helper_that_broke_keeps_its_traceback():
    with pytest.raises(BrokenPipeError), one_line_errors():
        raise BrokenPipeError(errno.EPIPE, "a helper has died")


def test_ctrl_c_says_how_to_go_on(capsys):
    code, said = ended(capsys, KeyboardInterrupt())
    assert (code, said) == (
        130, "interrupted: what is finished is kept, the same command goes on from there"
    )  # fmt: skip


def test_ctrl_c_in_a_command_that_keeps_nothing(capsys):
    @command_entry
    def command():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as end:
        command()
    assert (end.value.code, capsys.readouterr().err) == (130, "interrupted: the same command starts anew\n")


@pytest.mark.fault("SIGTERM while a file is open", lost="nothing: what is open is closed")
def test_sigterm_closes_what_is_open(capsys, seen):
    closed = []
    before = signal.getsignal(signal.SIGTERM)

    @stage_entry
    def room():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            # A second one comes while it clears up.
            os.kill(os.getpid(), signal.SIGTERM)
            closed.append(True)

    with pytest.raises(SystemExit) as end:
        room()
    assert end.value.code == 143
    assert closed
    assert signal.getsignal(signal.SIGTERM) == before
    said = capsys.readouterr().err
    assert said.startswith("stopped by SIGTERM: what is finished is kept")
    seen(said)


def test_without_a_signal_nothing_changes():
    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        pass
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("argument", ["--help", "everything"])
def test_a_room_that_reads_no_arguments_takes_none(tmp_path, argument):
    command = [sys.executable, "-m", "stages.esc50", argument]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert run.returncode == (0 if argument == "--help" else 2)
    assert "usage: python -m stages.esc50" in run.stdout + run.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_told_from_what_is_a_folder(tmp_path):
    assert missing(tmp_path) == "is a folder"
    assert missing(tmp_path / "x") == "does not exist"
