"""The kinds of values that keys have, and the section that holds them."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _whole(value: Any) -> Any:
    # `-S seed=1e3` arrives as the float 1000.0.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def pair(value: Any) -> Any:
    """A list of two, as YAML has it."""
    if value is None or isinstance(value, tuple):
        return value
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"found {value!r}, expected a list of two numbers, e.g. [0.5, 0.7]")
    return tuple(value)


def ordered(value: tuple[float, float]) -> tuple[float, float]:
    """Refuse a range that runs backwards."""
    if value[0] > value[1]:
        raise ValueError("the first number must not be above the second")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[Whole, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
FractionRange = Annotated[tuple[Fraction, Fraction], BeforeValidator(pair), AfterValidator(ordered)]
DecibelRange = Annotated[tuple[float, float], BeforeValidator(pair), AfterValidator(ordered)]


class Section(BaseModel):
    """A group of keys: unknown keys, missing keys and other types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
