"""What a grounder can be asked with."""

from dataclasses import dataclass
from pathlib import Path

from stages.ask.speech import Sound


@dataclass(frozen=True)
class Text:
    """A written sentence, for methods that read."""

    text: str


Query = str | Path | Sound | Text
