"""VGCL: Video-Guided Curriculum Learning for Spoken Video Grounding (Xia et al., ACM MM 2022).

base.py is the grounding network (§4) and objective.py its loss (eq. 10-11). infonce.py is eq. 6,
curriculum.py eq. 7, guide.py eq. 8, pretraining.py the networks of §5. foretell.py and aligned.py
are pretraining of our own.
"""

from stages.common.registry import NetworkEntry, PretrainingEntry, System

_SHARED = ("networks.speech", "networks.base")
_GUIDE = "networks.guide"
_INFONCE = ("ahead", "negatives", "temperature", "audio_steps")

SYSTEM = System(
    networks={
        "base": NetworkEntry("stages.systems.vgcl.build_base", settings=_SHARED),
        "guided": NetworkEntry(
            "stages.systems.vgcl.build_guided",
            queries=("speech",),
            taught_by=("vgcl", "foretell"),
            settings=(*_SHARED, _GUIDE),
        ),
    },
    pretraining={
        "cpc": PretrainingEntry("stages.systems.vgcl.kinds:CPC", "weak", keys=_INFONCE),
        "vqcpc": PretrainingEntry("stages.systems.vgcl.kinds:VQCPC", "weak", keys=(*_INFONCE, "codebook")),
        "vgcl": PretrainingEntry("stages.systems.vgcl.kinds:VGCL", "full", ("curriculum", _GUIDE), _INFONCE),
        "foretell": PretrainingEntry(
            "stages.systems.vgcl.kinds:FORETELL", "full", ("curriculum", _GUIDE), (*_INFONCE, "foretell")
        ),
        "aligned": PretrainingEntry(
            "stages.systems.vgcl.kinds:ALIGNED", "full", keys=("audio_steps", "align")
        ),
    },
)
