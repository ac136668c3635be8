"""What each view demands. The decorators only state it; `middleware.DefaultDeny` is the one place that enforces it.

A view without a statement is refused to everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """`kind` permission: the signed-in person must hold `permission`; staff: any active staff; public: anybody."""

    kind: Literal["permission", "staff", "public"]
    permission: str = ""
    reason: str = ""


def requires(permission: StrEnum) -> Callable[[View], View]:
    return _declare(Access(kind="permission", permission=str(permission)))


def signed_in(view: View) -> View:
    return _declare(Access(kind="staff"))(view)


def public(*, reason: str) -> Callable[[View], View]:
    """Open to anybody; `reason` says why that is right, for the reviewer and the authorisation table."""
    return _declare(Access(kind="public", reason=reason))


def access_of(view: Callable[..., Any]) -> Access | None:
    return getattr(view, "access", None)


def _declare(access: Access) -> Callable[[View], View]:
    def declare(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]  # a statement carried by the function itself
        return view

    return declare
