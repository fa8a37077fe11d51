"""The engine that `corpus.voices` names.

| corpus.voices | voices              | sentences / s and core | needs                                       |
|---------------|---------------------|-----------------------|---------------------------------------------|
| espeak        | 58, none like life  | 200                   | nothing more                                |
| hibari        | 1, at four paces    | 60                    | `pip install '.[voices]'`                   |
| kokoro        | 28, the most lively | 1                     | that, and 177 MB which are fetched once     |
"""

from stages.corpus.voices.hibari import Hibari
from stages.corpus.voices.interface import Voices
from stages.corpus.voices.kokoro import Kokoro
from stages.corpus.voices.speakers import Espeak

ENGINES: dict[str, type[Voices]] = {"espeak": Espeak, "hibari": Hibari, "kokoro": Kokoro}


def chosen_voices(name: str) -> Voices:
    """The voices of an engine."""
    return ENGINES[name]()
