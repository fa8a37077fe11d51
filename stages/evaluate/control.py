"""The control: the score of a method that is asked with another video's query.

A method that finds moments by the query falls to the score of a blind row. One that does not fall was finding
them by something else.
"""

import dataclasses

import numpy as np
from jaxtyping import Int

from stages.common.seeding import generator
from stages.training.queries import QueryData


def asked_otherwise(data: QueryData, seed: int) -> QueryData:
    """The same videos and moments, each asked for with a query about another video."""
    return dataclasses.replace(data, steps=[data.steps[row] for row in _others(data.video_of, seed)])


def _others(video_of: Int[np.ndarray, " queries"], seed: int) -> Int[np.ndarray, " queries"]:
    """For each row one about another video, each of them once."""
    rng = generator(seed, "another query")
    place = rng.permutation(int(video_of.max()) + 1)[video_of]
    order = np.lexsort((rng.permutation(len(place)), place))
    others = np.empty_like(order)
    # In this order a video's rows are neighbours: so far on stands another one's.
    others[order] = np.roll(order, np.bincount(video_of).max())
    return others
