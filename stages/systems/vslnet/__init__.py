"""VSLNet: Span-based Localizing Network (Zhang et al., ACL 2020), with speech or text (VGCL, Table 2)."""

from stages.common.registry import NetworkEntry, System

_SETTINGS = ("networks.speech", "networks.vsl")

SYSTEM = System(
    networks={
        "vslbase": NetworkEntry("stages.systems.vslnet.build_vslbase", settings=_SETTINGS),
        "vslnet": NetworkEntry("stages.systems.vslnet.build_vslnet", settings=_SETTINGS),
    }
)
