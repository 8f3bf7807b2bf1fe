"""The members that answer, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handwriting_ai.inference.members import Member
from handwriting_ai.inference.shelf import Version
from handwriting_ai.prediction import TtaMode


@dataclass(frozen=True, eq=False)
class Active:
    """What a request reads: replaced as a whole when models are loaded."""

    members: tuple[Member, ...] = ()
    tta: TtaMode = TtaMode.NONE
    versions: Mapping[str, Version | None] = field(default_factory=dict)
    """Of the members, as they lay on the disk before they were loaded."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The members' ids, in order."""
        return tuple(member.model_id for member in self.members)
