"""The demo corpus: a world of moving shapes, rendered as video, described in words and spoken."""
