"""Panels of a figure, their sizes in inches, so that it is known where names have room."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_LEFT, _TOP, _BOTTOM, _GAP = 0.7, 0.35, 0.65, 0.22
_PANEL = 3.4
# At the right of each panel, and what the next one's numbers and label need.
_NAMES, _NUMBERS = 1.15, 0.65


def panels_of(heights: Sequence[float], columns: int) -> tuple[Figure, list[list[Axes]]]:
    """Rows of panels, with room for names at the right of each."""
    step = _PANEL + _NAMES + _NUMBERS
    width = _LEFT + columns * step - _NUMBERS
    height = _TOP + sum(heights) + _GAP * (len(heights) - 1) + _BOTTOM
    figure = Figure(figsize=(width, height))
    panels, ceiling = [], height - _TOP
    for tall in heights:
        places = [
            ((_LEFT + column * step) / width, (ceiling - tall) / height, _PANEL / width, tall / height)
            for column in range(columns)
        ]
        panels.append([figure.add_axes(place) for place in places])
        ceiling -= tall + _GAP
    return figure, panels
