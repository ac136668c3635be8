"""One line of an application: what is to be granted, changed or ended. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import pgettext_lazy

from postroad.access.grantees import Grantee


class LineAction(StrEnum):
    ADD = "add"
    CHANGE = "change"
    END = "end"

    @property
    def label(self) -> str:
        return str(_LABELS[self])

    @property
    def tone(self) -> str:
        return {LineAction.ADD: "success", LineAction.CHANGE: "info", LineAction.END: "danger"}[self]


_LABELS = {
    LineAction.ADD: pgettext_lazy("line of an application", "New"),
    LineAction.CHANGE: pgettext_lazy("line of an application", "Change"),
    LineAction.END: pgettext_lazy("line of an application", "Revoke"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`starts_on` None: from the day of approval. `ends_on` None: until revoked; both days are included.

    `grant_id` says which grant a CHANGE or END is about; channel, permission and grantee are then that grant's, and a
    CHANGE gives it other content, another last day, or both.
    """

    action: LineAction
    channel_id: UUID
    permission: str
    grantee: Grantee
    content: str
    starts_on: date | None = None
    ends_on: date | None = None
    grant_id: UUID | None = None
    training_key: str = ""

    @property
    def place(self) -> tuple[UUID, str, Grantee]:
        """What can be granted once at a time."""
        return (self.channel_id, self.permission, self.grantee)

    @property
    def gives(self) -> bool:
        """Whether somebody has more by it."""
        return self.action != LineAction.END

    def as_data(self) -> dict[str, Any]:
        """The line as it stands in an application; `from_data` reads it back."""
        return {
            "action": self.action.value,
            "channel": str(self.channel_id),
            "permission": self.permission,
            "grantee": self.grantee.as_data(),
            "content": self.content,
            "starts_on": self.starts_on.isoformat() if self.starts_on else None,
            "ends_on": self.ends_on.isoformat() if self.ends_on else None,
            "grant": str(self.grant_id) if self.grant_id else None,
            "training": self.training_key,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Line:
        return cls(
            action=LineAction(data["action"]),
            channel_id=UUID(data["channel"]),
            permission=data["permission"],
            grantee=Grantee.from_data(data["grantee"]),
            content=data["content"],
            starts_on=date.fromisoformat(data["starts_on"]) if data.get("starts_on") else None,
            ends_on=date.fromisoformat(data["ends_on"]) if data.get("ends_on") else None,
            grant_id=UUID(data["grant"]) if data.get("grant") else None,
            training_key=data.get("training", ""),
        )


def lines_of(payload: Mapping[str, Any]) -> list[Line]:
    """The lines of an application's payload."""
    return [Line.from_data(data) for data in payload["lines"]]


def lines_as_data(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [line.as_data() for line in lines]
