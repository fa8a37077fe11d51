"""All that the page's requests are about."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int16

from stages.mix.mixing import Mixed
from stages.tools.ask.speech import samples_of
from stages.tools.live.footage import Footage
from stages.tools.live.library import Library
from stages.tools.live.methods import Methods
from stages.tools.live.noises import Noises
from stages.tools.live.refusal import malformed, unknown
from stages.tools.live.session import Limits, Session, Sessions


@dataclass(frozen=True)
class Room:
    """What is the same for all sessions, and the sessions."""

    methods: Methods
    library: Library
    noises: Noises | None
    sessions: Sessions

    @property
    def limits(self) -> Limits:
        return self.sessions.limits

    def footage(self, session: Session, video_id: object) -> Footage:
        """A demo video, or one of the session's own."""
        for videos in (self.library.videos, session.videos):
            if video_id in videos:
                return videos[str(video_id)]
        raise unknown("video", video_id)

    def speech(self, session: Session, speech_id: object) -> Int16[np.ndarray, " t"]:
        """A spoken example, or one of the session's recordings."""
        if speech_id in self.library.examples:
            return self.library.samples(self.library.examples[str(speech_id)])
        if speech_id in session.speech:
            return samples_of(session.speech[str(speech_id)].path)
        raise unknown("recording", speech_id)

    def asked_with(self, session: Session, speech_id: object, noise: object, proportion: object) -> Mixed:
        """The speech with noise over it, as it is heard on the page and by the methods."""
        speech = self.speech(session, speech_id)
        if not noise:
            return Mixed(speech, None, False)
        if self.noises is None:
            raise unknown("noise", noise)
        try:
            share = float(str(proportion))
        except ValueError:
            raise malformed(
                f"the proportion of noise is {str(proportion)[:20]!r}, expected a number"
            ) from None
        return self.noises.over(speech, str(noise), share)
