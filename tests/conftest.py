"""Shapes and types in signatures are checked while the tests run."""

import os
import signal
import threading

from hypothesis import settings
from jaxtyping import install_import_hook

import tests.typecheck  # noqa: F401  (the hook looks it up by its name)

if threading.current_thread() is threading.main_thread():
    # Of a job in the background the shell has Ctrl-C ignored, and what tests start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# One thread a process: pytest-xdist already uses every core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

install_import_hook("stages", "tests.typecheck.check")

# How long an example takes is the machine's business: under load it would be a failure.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# After the hook: it imports from stages.
pytest_plugins = ["tests.faults.table"]
