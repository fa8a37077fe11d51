"""What the video is worth to VGCL's pretraining: the dev bound with the right video, and with another one."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Int

from stages.networks.interface import Inputs
from stages.systems.vgcl.task import PretrainingTask, Rows
from stages.training.model import Model


@torch.no_grad()
def video_gap(model: Model, task: PretrainingTask) -> dict[str, float]:
    """In nats. Both see the whole video, as in grounding; a gap of 0 says that the video is not used."""
    model.eval()
    other = _of_other_videos(task.dev.video_of)

    def swapped(rows: Rows, inputs: Inputs) -> Inputs:
        wrong = task.dev.batch(other[rows], task.device)
        return replace(inputs, video=wrong.video, video_mask=wrong.video_mask, video_of=wrong.video_of)

    right, wrong = (task.on_dev(model, shows)["bound"] for shows in (None, swapped))
    return {"bound_other_video": round(wrong, 4), "video_gap": round(right - wrong, 4)}


def _of_other_videos(video_of: Int[np.ndarray, " rows"]) -> Int[np.ndarray, " rows"]:
    """For each row the next one that asks about another video; in a split of one video, the row itself."""
    count = len(video_of)
    found = np.arange(count)
    for row in range(count):
        for ahead in range(1, count):
            if video_of[(row + ahead) % count] != video_of[row]:
                found[row] = (row + ahead) % count
                break
    return found
