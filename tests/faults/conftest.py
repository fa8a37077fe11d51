import pytest

from tests.faults import processes


@pytest.fixture(autouse=True)
def _nothing_is_left_running():
    yield
    for run in processes.STARTED:
        if run.poll() is None:
            run.kill()
        run.communicate()
    processes.STARTED.clear()
