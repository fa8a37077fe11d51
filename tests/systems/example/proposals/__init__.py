"""An example of a system: weakly supervised, with 2D proposals and a pretraining of its own on other data."""

from stages.common.registry import NetworkEntry, PretrainingEntry, System

SYSTEM = System(
    networks={
        "proposals": NetworkEntry(
            "stages.systems.proposals.network",
            supervision="weak",
            queries=("speech",),
            settings=("proposals",),
        )
    },
    pretraining={
        "hum": PretrainingEntry("stages.systems.proposals.hum:HUM", "zero-shot", settings=("proposals",))
    },
    sections={"proposals": "stages.systems.proposals.settings:Proposals"},
)
