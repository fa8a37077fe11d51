"""The keys of a row of the results: its network, what it is asked with, what it may see, its own settings."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from stages.common import registry
from stages.common.params.base import Fraction, Section
from stages.common.params.pretraining import Pretraining
from stages.common.params.training import Training
from stages.common.registry import SUPERVISIONS, Supervision


class Method(Section):
    """A row. `None` and empty sections are settings that it leaves as they are for all rows."""

    network: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    query: Literal["speech", "captions", "transcripts"]
    train_query: Literal["captions"] | None = None
    supervision: Supervision = "full"
    pretraining: str = "none"
    encoder_rate: Annotated[float, Field(ge=0)] | None = None
    nms: Fraction | None = None
    pretrain: dict[str, Any] = Field(default_factory=dict)
    text: dict[str, Any] = Field(default_factory=dict)
    ground: dict[str, Any] = Field(default_factory=dict)

    @property
    def listens(self) -> bool:
        """Whether it is asked with speech, and not with words."""
        return self.query == "speech"

    @model_validator(mode="after")
    def _network_fits(self) -> "Method":
        known = registry.networks()
        if self.network not in known:
            raise ValueError(f"network: there is no {self.network!r}; stages/systems has {_list(known)}")
        entry = known[self.network]
        if self.query not in entry.queries:
            raise ValueError(f"query: {self.query}, but {self.network} takes {_list(entry.queries)}")
        if entry.taught_by and self.pretraining not in ("none", *entry.taught_by):
            raise ValueError(
                f"network: {self.network} takes the weights of pretraining: {_list(entry.taught_by)} or "
                f"none, which is {self.pretraining}"
            )
        if self.supervision != entry.supervision:
            raise ValueError(
                f"supervision: {self.supervision}, but {self.network} learns from {entry.supervision}"
            )
        return self

    @model_validator(mode="after")
    def _pretraining_fits(self) -> "Method":
        if self.pretraining == "none":
            return self
        known = registry.pretrainings()
        if self.pretraining not in known:
            raise ValueError(
                f"pretraining: there is no {self.pretraining!r}; stages/systems has none, {_list(known)}"
            )
        if not self.listens:
            raise ValueError(f"pretraining: {self.pretraining} is of speech, and the query is {self.query}")
        seen = known[self.pretraining].supervision
        if _sees(self.supervision) < _sees(seen):
            raise ValueError(
                f"pretraining: {self.pretraining} needs {seen} supervision, not {self.supervision}"
            )
        return self

    @model_validator(mode="after")
    def _nothing_is_useless(self) -> "Method":
        for key in ("encoder_rate", "pretrain"):
            if getattr(self, key) not in (None, {}) and self.pretraining == "none":
                raise ValueError(f"{key} is set, but the row has no pretraining; remove it")
        if self.train_query and self.query != "transcripts":
            raise ValueError(
                f"train_query: {self.train_query} in training is for rows that read transcripts, and this "
                f"one's query is {self.query}; remove it"
            )
        if self.text and self.listens:
            raise ValueError("text is set, but the row is asked with speech and reads nothing; remove it")
        return self


def check_overrides(name: str, row: Method, shared: dict[str, Section]) -> None:
    """Refuse what a row's own block may not change in the sections that all rows share."""
    for key, section in shared.items():
        own = getattr(row, key)
        fields = list(type(section).model_fields)
        if isinstance(section, Pretraining) and row.pretraining != "none":
            kind = registry.pretrainings()[row.pretraining]
            fields = [*Training.model_fields, "select", *kind.keys]
        if unknown := sorted(set(own) - set(fields)):
            raise ValueError(
                f"methods.{name}.{key}: unknown key `{unknown[0]}`; it may have {', '.join(fields)}"
            )
        try:
            type(section).model_validate({**section.model_dump(), **own})
        except ValidationError as error:
            # Unchanged, the message would name the key without its row.
            problem = error.errors()[0]
            path = ".".join(map(str, ("methods", name, key, *problem["loc"])))
            raise ValueError(f"`{path}` is {problem['input']!r}: {problem['msg']}") from None


def _sees(supervision: str) -> int:
    """How much of the training queries a supervision sees: the higher, the more."""
    return -SUPERVISIONS.index(supervision)


def _list(names: Any) -> str:
    return ", ".join(sorted(names))
