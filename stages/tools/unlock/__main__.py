"""Remove DVC's list of locks if a killed DVC has left it damaged; then the same command goes on."""

import argparse

from stages.common.errors import command_entry
from stages.tools.unlock.mend import FOLDER, mend


@command_entry
def main() -> None:
    """Mend it, and say so; a whole list stays."""
    argparse.ArgumentParser(prog="svground unlock", description=__doc__).parse_args()
    if mend():
        print(f"{FOLDER}/rwlock was damaged, as a killed DVC leaves it: removed")


if __name__ == "__main__":
    main()
