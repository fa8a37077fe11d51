"""Check params.yaml: `python -m stages.common.params`."""

from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.params.load import known_keys


@stage_entry
def main() -> None:
    """Say that every key is valid, or which one is not."""
    load_params()
    print(f"params.yaml: {len(known_keys())} keys and sections, all valid")


if __name__ == "__main__":
    main()
