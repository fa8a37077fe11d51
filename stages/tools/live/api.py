"""What the page can ask for, apart from HTTP."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import soundfile

from stages.common.audio import SAMPLE_RATE
from stages.common.errors import DataError
from stages.tools.live.refusal import malformed
from stages.tools.live.room import Room
from stages.tools.live.session import Session
from stages.tools.live.uploads import Body

_LONGEST_JSON = 10_000

Facts = dict[str, Any]


def room_facts(room: Room, session: Session) -> Facts:
    """What can be chosen, and what this session has sent before."""
    noises = room.noises
    return {
        "methods": room.methods.as_json(),
        "videos": room.library.as_json(),
        "own": [{"id": video_id, "name": footage.name} for video_id, footage in session.videos.items()],
        "noises": sorted(noises.clips) if noises else [],
        "mode": noises.mode if noises else None,
        "limits": {"video": room.limits.video_bytes, "speech": room.limits.speech_bytes},
    }


def describe(room: Room, session: Session, given: Facts) -> Facts:
    """Begin to describe a video, or say how far that is."""
    footage = room.footage(session, given.get("video"))
    footage.begin(room.methods.video)
    if footage.fault:
        raise DataError(footage.fault)
    video = footage.video
    if video is None:
        return {"ready": False, "done": footage.done}
    facts = {"seconds": video.seconds, "from_cache": video.from_cache}
    notes = [note.replace(str(footage.path), footage.name) for note in video.notes]
    return {"ready": True, "done": 1.0, "duration": video.duration, "notes": notes, **facts}


def ask(room: Room, session: Session, given: Facts) -> Facts:
    """What one method answers."""
    footage = room.footage(session, given.get("video"))
    if footage.video is None:
        raise malformed(f"{footage.name} has not been described yet")
    mixed = room.asked_with(session, given.get("speech"), given.get("noise"), given.get("proportion"))
    answer = room.methods.ask(given.get("method"), footage.video, mixed.samples)
    return {**answer.as_json(), "snr_db": mixed.snr_db, "duration": footage.video.duration}


def forget(_: Room, session: Session, __: Facts) -> Facts:
    """Remove the session's files now."""
    session.forget()
    return {}


def heard(room: Room, session: Session, speech_id: str, query: Mapping[str, str]) -> bytes:
    """The sound that the methods are asked with, as wav."""
    mixed = room.asked_with(session, speech_id, query.get("noise"), query.get("proportion"))
    wav = io.BytesIO()
    soundfile.write(wav, mixed.samples, SAMPLE_RATE, format="WAV")
    return wav.getvalue()


def parsed(body: Body) -> Facts:
    """A request's JSON object, whose values are plain."""
    if body.size() > _LONGEST_JSON:
        raise malformed(f"the request has {body.size()} bytes; expected a few words of JSON")
    try:
        given = json.loads(b"".join(body.pieces()))
    except (ValueError, RecursionError):
        raise malformed("the request is no JSON") from None
    if not isinstance(given, dict) or any(isinstance(value, dict | list) for value in given.values()):
        raise malformed("the request is no plain JSON object")
    return given


CALLS: dict[str, Callable[[Room, Session, Facts], Facts]] = {
    "/api/describe": describe,
    "/api/ask": ask,
    "/api/forget": forget,
}
