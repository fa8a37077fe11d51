"""How answers are judged: moments from distributions, IoU, R@n and mIoU, for dev and test alike."""
