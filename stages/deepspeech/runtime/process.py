"""Things that live in the process that made them."""

import os

from stages.common.errors import UserError


class Owned:
    """Refuses to work in another process than the one that made it.

    The library has threads, which a fork does not copy: the child would wait for them for ever.
    """

    def __init__(self) -> None:
        self._made_in = os.getpid()

    def check_process(self) -> None:
        """Refuse to go on in a fork."""
        if os.getpid() != self._made_in:
            raise UserError(
                f"process {os.getpid()} was forked from {self._made_in}, which had loaded DeepSpeech: its "
                "models can't be used there; load them anew in a worker that is spawned, not forked"
            )

    def __getstate__(self) -> object:
        raise TypeError(f"a {type(self).__name__} can't be sent to another process; send the Runtime")
