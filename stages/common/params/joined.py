"""How captioned clips are joined to videos."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from stages.common.params.base import Count, Fraction, Section, Whole, ordered, pair

Side = Annotated[Whole, Field(ge=32, le=4096, multiple_of=2)]


class Captions(Section):
    """Which captions of a clip are queries."""

    train: Literal["one", "all"]
    dev: Literal["first", "all"]
    test: Literal["first", "all"]


class Joining(Section):
    """The corpus `joined`."""

    rounds: Annotated[Whole, Field(ge=1, le=99)]
    captions: Captions
    trim: Annotated[float, Field(ge=0, lt=1)]
    fade: Annotated[float, Field(ge=0, le=10)]
    same_category: Fraction
    pictures_per_second: Count
    clips_per_video: Annotated[
        tuple[Annotated[Whole, Field(ge=2)], Annotated[Whole, Field(ge=2)]],
        BeforeValidator(pair),
        AfterValidator(ordered),
    ]
    picture: Annotated[tuple[Side, Side], BeforeValidator(pair)]
