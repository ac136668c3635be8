"""A messenger's own requests to us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from postroad.messengers.protocol.happenings import Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """An HTTP request of the messenger to us, at `/messengers/<account key>/callback/<rest>`."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class CallbackReply:
    """Our answer, and what happened; the answer goes out only after the happenings are committed."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    happenings: tuple[Happening, ...] = ()


class CallbackRefused(Exception):  # noqa: N818
    """The request is not the messenger's, or is replayed, late, early, or no sense can be made of it.

    Nothing of it is stored; it is counted and logged under `reason`: at most 100 characters, holding nothing of the
    request, in the source language and marked with `gettext_noop` for the page that shows it.
    """

    def __init__(self, reason: str, *, status: int = 403) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
