"""The networks' keys live with the others; here for the networks' own imports."""

from stages.common.params.networks import BaseNetwork, Networks, SpeechEncoder, VslNetwork

__all__ = ["BaseNetwork", "Networks", "SpeechEncoder", "VslNetwork"]
