"""Who may search the archive. What each finds there is a matter of `conversations.permissions`."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from postroad.org.permissions import Role, register


class Permission(StrEnum):
    SEARCH = "archive.message.search"
    EXPORT = "archive.message.export"


_TRACERS = {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION, Role.AUDITOR}

GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (Permission.SEARCH, {Role.STAFF}, _("Search the messages of one's channels in the archive")),
    (Permission.EXPORT, _TRACERS | {Role.DESK_LEAD}, _("Export what was found in the archive")),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)
