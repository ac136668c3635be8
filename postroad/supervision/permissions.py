"""Who sees which figures.

Administration and the executives see those of all channels. Who leads sees the channels of their team: their
department's, and those they own, deputise or are a member of. An agent sees what is their own.
Figures about single people are personal: only who leads sees those of colleagues.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Audience, Channel, ChannelMember, State
from postroad.org.models import Person, Post, today
from postroad.org.permissions import Role, roles_of
from postroad.org.roles import roles_carrying
from postroad.platform.errors import NotFound
from postroad.supervision.models import Screen


class Permission(StrEnum):
    WALLBOARD_VIEW = "supervision.wallboard.view"
    REPORT_VIEW = "supervision.report.view"
    REPORT_VIEW_ALL = "supervision.report.view-all"
    PEOPLE_VIEW = "supervision.people.view"
    REPORT_EXPORT = "supervision.report.export"
    SCREEN_MANAGE = "supervision.screen.manage"


_ABOVE = {
    Role.ADMINISTRATION_HEAD,
    Role.ADMINISTRATION,
    Role.EXECUTIVE,
    Role.SUPERVISING_LEADER,
    Role.AUDITOR,
}
_LEADS = {Role.DESK_LEAD, Role.DEPARTMENT_HEAD}

GRANTS: tuple[tuple[Permission, set[Role], str | Promise], ...] = (
    (
        Permission.WALLBOARD_VIEW,
        _ABOVE | _LEADS | {Role.AGENT},
        gettext_lazy("See the wallboard of one's own channels"),
    ),
    (
        Permission.REPORT_VIEW,
        _ABOVE | _LEADS | {Role.AGENT},
        gettext_lazy("See the reports: one's own figures, or those of the channels one leads"),
    ),
    (Permission.REPORT_VIEW_ALL, _ABOVE, gettext_lazy("See the reports and the wallboard of all channels")),
    (
        Permission.PEOPLE_VIEW,
        _LEADS | {Role.SUPERVISING_LEADER},
        gettext_lazy("See the figures of single colleagues"),
    ),
    (Permission.REPORT_EXPORT, _ABOVE | _LEADS, gettext_lazy("Export reports")),
    (
        Permission.SCREEN_MANAGE,
        {Role.DESK_LEAD, Role.ADMINISTRATION_HEAD},
        gettext_lazy("Give out and revoke links for screens on the wall"),
    ),
)


def served() -> QuerySet[Channel]:
    """The channels that the desk serves, of which there are figures."""
    return Channel.objects.exclude(audience=Audience.INTERNAL).exclude(state__in=(State.APPLIED, State.REFUSED))


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person's reports reach.

    `channels` None: all of them. `person`: only what is theirs. `people`: colleagues singly, too.
    """

    channels: frozenset[UUID] | None
    person: Person | None
    people: bool

    def queues(self) -> QuerySet[Channel]:
        return served() if self.channels is None else served().filter(pk__in=self.channels)


def reach_of(person: Person) -> Reach:
    """What a person's reports reach; at most two queries."""
    roles = roles_of(person)
    people = bool(roles & roles_carrying(Permission.PEOPLE_VIEW))
    if roles & roles_carrying(Permission.REPORT_VIEW_ALL):
        return Reach(channels=None, person=None, people=people)
    own = Q(members__person=person) | Q(owner=person) | Q(deputy_owner=person)
    if people:
        posts = (
            Post.objects.held_on(today()).filter(person=person, role__in=_LEADS).values_list("department", flat=True)
        )
        led = {department or person.department_id for department in posts}
        return Reach(channels=_ids(own | Q(department__in=led)), person=None, people=True)
    led_teams = Q(members__person=person, members__role=ChannelMember.Role.LEAD)
    if leading := _ids(led_teams):
        return Reach(channels=leading, person=None, people=True)
    return Reach(channels=_ids(own), person=person, people=False)


def _ids(which: Q) -> frozenset[UUID]:
    return frozenset(served().filter(which).values_list("pk", flat=True))


def get_screen(screen_id: UUID) -> Screen:
    """A screen, for who manages screens. Raises NotFound."""
    screen = Screen.objects.filter(pk=screen_id).first()
    if screen is None:
        raise NotFound(_("There is no such screen."))
    return screen
