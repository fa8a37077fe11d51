"""What the demo world is made of, and the words for it."""

from dataclasses import dataclass

# Hues in degrees, a whole 30 apart so that no two colours blur into each other in compressed video.
COLOURS = {
    "red": 0, "orange": 30, "yellow": 60, "green": 120, "turquoise": 180, "blue": 240, "purple": 270,
    "pink": 330,
}  # fmt: skip

SHAPES = {
    "ball": ["ball", "disc"],
    "square": ["square", "box"],
    "triangle": ["triangle"],
    "star": ["star"],
    "cross": ["cross", "plus sign"],
    "ring": ["ring", "hoop"],
    "heart": ["heart"],
    "moon": ["moon", "crescent"],
}

# A ball and a ring look the same at every angle.
TURNING_SHAPES = frozenset(SHAPES) - {"ball", "ring"}


@dataclass(frozen=True)
class Phrase:
    """One way to say a motion, in the forms that sentences need."""

    third: str  # it … : "spins"
    infinitive: str  # it starts to … : "spin"
    gerund: str  # it starts … : "spinning"
    passive: str | None = None  # it is … : "spun around"


def _phrase(third: str, gerund: str, rest: str = "", passive: str | None = None, stem: str = "") -> Phrase:
    tail = f" {rest}" if rest else ""
    return Phrase(third + tail, (stem or third[:-1]) + tail, gerund + tail, passive)


MOTIONS: dict[str, list[Phrase]] = {
    "left": [
        _phrase("slides", "sliding", "to the left", "pushed to the left"),
        _phrase("drifts", "drifting", "leftward", "pulled leftward"),
    ],
    "right": [
        _phrase("slides", "sliding", "to the right", "pushed to the right"),
        _phrase("drifts", "drifting", "rightward", "pulled rightward"),
    ],
    "up": [
        _phrase("rises", "rising", passive="lifted up", stem="rise"),
        _phrase("climbs", "climbing", "upward", "carried upward"),
    ],
    "down": [
        _phrase("falls", "falling", passive="dropped", stem="fall"),
        _phrase("sinks", "sinking", "downward", "lowered down"),
    ],
    "spin": [
        _phrase("spins", "spinning", passive="spun around"),
        _phrase("rotates", "rotating", passive="turned around", stem="rotate"),
    ],
    "bounce": [
        _phrase("bounces", "bouncing", passive="bounced again and again", stem="bounce"),
        _phrase("hops", "hopping", "on the spot"),
    ],
    "sway": [
        _phrase("sways", "swaying", "from side to side", "rocked from side to side"),
        _phrase("swings", "swinging", "back and forth", "swung back and forth"),
    ],
    "grow": [
        _phrase("grows", "growing", passive="made bigger"),
        _phrase("expands", "expanding", passive="stretched out"),
    ],
    "shrink": [
        _phrase("shrinks", "shrinking", passive="made smaller"),
        _phrase("gets", "getting", "smaller"),
    ],
    "blink": [
        _phrase("blinks", "blinking", passive="switched on and off"),
        _phrase("flashes", "flashing", stem="flash"),
    ],
    "circle": [
        _phrase("moves", "moving", "in a circle", "led around in a circle", stem="move"),
        _phrase("orbits", "orbiting", "around nothing"),
    ],
    "shake": [
        _phrase("shakes", "shaking", passive="shaken", stem="shake"),
        _phrase("trembles", "trembling", stem="tremble"),
    ],
}

SIZES = {"small": ["small", "little", "tiny"], "large": ["large", "big", "huge"]}
PACES = {"slow": ["slowly", "gently", "calmly"], "quick": ["quickly", "rapidly", "in a hurry"]}
