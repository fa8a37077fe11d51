"""Run a command while jobs of Slurm are its Dask workers: `python docs/slurm/on_dask.py 8 dvc repro mels`.

Change the lines of `SLURMCluster` to what your site asks for (`--dry-run` in place of the command prints the
job). Run it on a machine that the jobs can reach, in the project's folder on the shared disk.
"""

import os
import shutil
import subprocess
import sys

from dask_jobqueue import SLURMCluster


def main() -> None:
    """Ask for the workers, wait for the first one, run the command, give the workers back."""
    if len(sys.argv) < 3 or not sys.argv[1].isdigit():
        sys.exit(f"{__doc__}\nexpected a number of workers and a command, found: {' '.join(sys.argv[1:])}")
    count, *command = sys.argv[1:]
    with SLURMCluster(
        # Of one job: a process for each core, as a process has one thread.
        cores=4,
        processes=4,
        memory="16GB",
        walltime="04:00:00",
        # As submitted from here: the environment that is active now.
        python=sys.executable,
        # Also for a partition, an account and so on: ["--partition=cpu", "--account=me"].
        job_extra_directives=[],
        log_directory=".dvc/tmp/dask",
        local_directory=os.environ.get("TMPDIR", "/tmp"),
        # The scheduler's, where the machine has several networks: "ib0".
        interface=None,
        scheduler_options={"dashboard_address": ":0"},
    ) as cluster:
        print(cluster.job_script())
        if command == ["--dry-run"]:
            return
        if shutil.which("sbatch") is None:
            sys.exit("there is no sbatch in PATH; run this where Slurm is")
        cluster.scale(int(count))
        cluster.wait_for_workers(1)
        environment = os.environ | {"SVG_DASK": cluster.scheduler_address}
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
