"""Who patrols which group, and the doors from an id to a group or a finding."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels import permissions as channels
from postroad.channels.models import Channel
from postroad.org.models import Person
from postroad.org.permissions import Role, person_may, register
from postroad.patrol.models import Finding, Round
from postroad.platform.errors import NotFound


class Permission(StrEnum):
    PATROL = "patrol.round.patrol"
    WORDS_EDIT = "patrol.words.edit"


GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (Permission.PATROL, {Role.STAFF}, gettext_lazy("Patrol the groups one answers for")),
    (
        Permission.WORDS_EDIT,
        {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION, Role.IT},
        gettext_lazy("Say which words the patrol looks for"),
    ),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def rounds_of(person: Person) -> QuerySet[Round]:
    """The patrols of a person: of the groups they own or deputise, for Administration of all."""
    rounds = Round.objects.select_related("channel", "duty").order_by("channel__name", "channel__id")
    if person_may(person, channels.Permission.CHANNEL_KEEP_ANY):
        return rounds
    return rounds.filter(Q(channel__owner=person) | Q(channel__deputy_owner=person))


def get_round_for(person: Person, channel_id: UUID) -> Round:
    """The patrol of a group, if `person` does it. Raises NotFound."""
    found = rounds_of(person).filter(channel=channel_id).first()
    if found is None:
        raise NotFound(_("There is no such group for you to patrol."))
    return found


def get_finding_for(person: Person, finding_id: UUID) -> Finding:
    """A finding in a group that `person` patrols. Raises NotFound."""
    found = Finding.objects.select_related("channel", "message__person").filter(pk=finding_id).first()
    if found is None or not may_patrol(person, found.channel):
        raise NotFound(_("There is no such finding."))
    return found


def may_patrol(person: Person, channel: Channel) -> bool:
    return channels.may_keep(person, channel)
