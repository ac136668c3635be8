"""Who may look at the board and who may ask for other targets."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.board.standard import Control, controls
from postroad.org.permissions import register
from postroad.org.roles import Role
from postroad.platform.errors import NotFound


class Permission(StrEnum):
    VIEW = "board.view"
    PROPOSE_TARGET = "board.target.propose"


_ANSWERABLE = {
    Role.ADMINISTRATION_HEAD,
    Role.ADMINISTRATION,
    Role.HR,
    Role.IT,
    Role.SUPERVISING_LEADER,
    Role.DEPARTMENT_HEAD,
    Role.EXECUTIVE,
    Role.DESK_LEAD,
    Role.AUDITOR,
}


def register_own() -> None:
    register(Permission.VIEW, roles=_ANSWERABLE, label=gettext_lazy("See the standard board"))
    register(
        Permission.PROPOSE_TARGET,
        roles={Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION},
        label=gettext_lazy("Ask for another target of a control"),
    )


def get_control(key: str) -> Control:
    """The control of that key; everybody who may see the board may see each. Raises NotFound."""
    try:
        return controls()[key]
    except KeyError:
        raise NotFound(_("The standard has no such control.")) from None
