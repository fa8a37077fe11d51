"""The keys of params.yaml that this system brings."""

from stages.common.params.base import Count, Section


class Proposals(Section):
    """Widths and lengths."""

    width: Count
    # The longest proposal, in frames.
    longest: Count
