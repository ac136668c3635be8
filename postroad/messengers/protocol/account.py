"""A connected messenger, and what goes wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A connected messenger. Secrets are opened; they never reach a log or an error's text."""

    messenger_id: UUID
    key: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> tuple[object, ...]:
        """Changes exactly when a connection made for this account has to be made anew."""
        return (self.messenger_id, repr(sorted(self.settings.items())), hash(frozenset(self.secrets.items())))


class MessengerFault(Exception):  # noqa: N818 - reads as what happened
    """The messenger did not do what was asked. `code` is the messenger's own, for the operator.

    `permanent` says that asking again the same way is useless. `retry_after` is set when the messenger, or our
    own limit towards it, says when to come back.
    """

    def __init__(
        self, reason: str, *, code: str = "", permanent: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(f"{reason} ({code})" if code else reason)
        self.reason = reason
        self.code = code
        self.permanent = permanent
        self.retry_after = retry_after


class NoSuchRoom(MessengerFault):
    """The room does not exist (any more), or is out of our sight."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason, code=code, permanent=True)
