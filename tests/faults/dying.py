"""`python -m tests.faults.dying NAME COUNT MODULE ARGUMENT…` is `python -m MODULE ARGUMENT…`, and dies.

It is killed when the file NAME is written for the COUNT-th time, half of it being on the disk. With a COUNT
of 0 it lives. Checkpoints are kept when a run ends, so that a test can compare the optimiser too.
"""

import fnmatch
import os
import runpy
import shutil
import signal
import sys
from pathlib import Path

pattern, count, module = sys.argv[1], int(sys.argv[2]), sys.argv[3]
replace, written = os.replace, 0


def dying(source, target):
    """Replace a file, or die in the middle of writing it."""
    global written
    if fnmatch.fnmatch(Path(target).name, pattern):
        written += 1
        if written == count:
            os.truncate(source, Path(source).stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)


def keeping(folder, *args, **kwargs):
    """Clear up, but for checkpoints."""
    if not list(Path(folder).glob("last.safetensors")):
        rmtree(folder, *args, **kwargs)


rmtree, shutil.rmtree = shutil.rmtree, keeping
os.replace = dying
sys.argv = sys.argv[3:]
runpy.run_module(module, run_name="__main__", alter_sys=True)
