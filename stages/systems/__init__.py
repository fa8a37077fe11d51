"""The systems: a folder per published system, with all that is its own.

`methods.<row>.network` in params.yaml names a module `build_<network>` of one of them. A new network is a new
such module:

    def build(params, video_features, query, dims): ...

gets the validated params, the width of a video step, `speech`, `captions` or `transcripts`, and the width of
a query step; it returns a module that fits `stages.networks.interface.Network`.
"""
