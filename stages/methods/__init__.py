"""The networks that methods name: one module each, with a `build`.

`methods.<row>.network` in params.yaml is the name of a module here. A new network is a new module:

    def build(params, video_features, query, dims): ...

gets the validated params, the width of a video step, `speech`, `captions` or `transcripts`, and the width of
a query step; it returns a module that fits `stages.networks.interface.Network`.
"""
