"""Who sees and keeps which key account, and the doors from an id to one of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.accounts.models import Absence, HandOver, KeyAccount
from postroad.conversations.models import Message
from postroad.org.models import Person, Post, today
from postroad.org.permissions import Role, person_may, register
from postroad.org.queries import descendant_ids
from postroad.platform.errors import NotFound, Refused


class Permission(StrEnum):
    VIEW = "accounts.account.view"
    WORK = "accounts.account.work"
    LIST = "accounts.account.list"
    VIEW_ALL = "accounts.account.view-all"
    KEEP = "accounts.account.keep"
    KEEP_ANY = "accounts.account.keep-any"


_OVERSEERS = {
    Role.ADMINISTRATION_HEAD,
    Role.ADMINISTRATION,
    Role.SUPERVISING_LEADER,
    Role.EXECUTIVE,
    Role.DESK_LEAD,
    Role.AUDITOR,
}
_KEEPERS = {Role.DESK_LEAD, Role.ADMINISTRATION_HEAD}

GRANTS: tuple[tuple[Permission, set[Role], Any], ...] = (
    (Permission.VIEW, {Role.STAFF}, gettext_lazy("See the key accounts one looks after")),
    (Permission.WORK, {Role.STAFF}, gettext_lazy("Work on the key accounts one looks after")),
    (
        Permission.LIST,
        _OVERSEERS | {Role.AGENT, Role.SUPPORT_SPECIALIST, Role.DEPARTMENT_HEAD},
        gettext_lazy("Find the list of key accounts in the navigation"),
    ),
    (Permission.VIEW_ALL, _OVERSEERS, gettext_lazy("See all key accounts")),
    (
        Permission.KEEP,
        _KEEPERS | {Role.DEPARTMENT_HEAD},
        gettext_lazy("Name the managers of key accounts, in one's own department"),
    ),
    (Permission.KEEP_ANY, _KEEPERS, gettext_lazy("Name the managers of all key accounts")),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def headed_departments(person: Person) -> set[UUID]:
    """The departments a person heads today, with all below them."""
    posts = Post.objects.held_on(today()).filter(person=person, role=Role.DEPARTMENT_HEAD).select_related("department")
    return {below for post in posts if post.department for below in descendant_ids(post.department)}


def visible_accounts(person: Person) -> QuerySet[KeyAccount]:
    """The key accounts a person sees: their own, those that come to them, and those of the department they head."""
    accounts = KeyAccount.objects.select_related("organisation", "manager", "deputy")
    if person_may(person, Permission.VIEW_ALL):
        return accounts
    coming = HandOver.objects.filter(account=OuterRef("pk"), proposed=person, state=HandOver.State.OPEN)
    mine = Q(manager=person) | Q(deputy=person) | Q(Exists(coming))
    return accounts.filter(mine | Q(manager__department__in=headed_departments(person)))


def get_account_for(person: Person, account_id: UUID) -> KeyAccount:
    """A key account that `person` sees. Raises NotFound."""
    found = visible_accounts(person).filter(pk=account_id).first()
    if found is None:
        raise NotFound(_("There is no such key account."))
    return found


def get_account_to_keep(person: Person, account_id: UUID) -> KeyAccount:
    """A running key account that `person` may change. Raises NotFound, or Refused for who only sees it."""
    account = get_account_for(person, account_id)
    if not may_keep(person, account):
        raise Refused(_("Only who keeps this key account may do this."))
    return account


def may_keep(person: Person, account: KeyAccount) -> bool:
    """Whether a person decides on a running key account: who manages it, how often, until when."""
    if account.ended_on is not None or not person_may(person, Permission.KEEP):
        return False
    if person_may(person, Permission.KEEP_ANY):
        return True
    return account.manager.department_id in headed_departments(person)


def may_name(person: Person, manager: Person) -> bool:
    """Whether a person may make somebody the manager of a key account."""
    if not person_may(person, Permission.KEEP):
        return False
    return person_may(person, Permission.KEEP_ANY) or manager.department_id in headed_departments(person)


def may_enter(person: Person, account: KeyAccount) -> bool:
    """Whether a person may note down that they were in touch: everybody who sees it and works on customers."""
    return account.ended_on is None and (
        person.pk in {account.manager_id, account.deputy_id} or person_may(person, Permission.LIST)
    )


def get_hand_over_for(person: Person, hand_over_id: UUID) -> HandOver:
    """A hand-over of a key account that `person` sees. Raises NotFound."""
    related = ("account__organisation", "account__manager", "account__deputy", "previous", "proposed", "successor")
    found = HandOver.objects.select_related(*related, "closed_by", "deadline").filter(pk=hand_over_id).first()
    if found is None or not (
        person.pk == found.previous_id or visible_accounts(person).filter(pk=found.account_id).exists()
    ):
        raise NotFound(_("There is no such hand-over."))
    return found


def may_settle(person: Person, hand_over: HandOver) -> bool:
    """Whether a person decides on a hand-over: who is to take the account, or who keeps it."""
    return hand_over.state == HandOver.State.OPEN and (
        person.pk == hand_over.proposed_id or may_keep(person, hand_over.account)
    )


def get_absence_for(person: Person, absence_id: UUID) -> Absence:
    """An absence of one's own, or of somebody whose accounts one keeps. Raises NotFound."""
    found = Absence.objects.select_related("person").filter(pk=absence_id).first()
    if found is None or not (found.person_id == person.pk or may_name(person, found.person)):
        raise NotFound(_("There is no such absence."))
    return found


def sees_message(person: Person, message: Message) -> bool:
    """Whether a message is part of a key account that a person manages or deputises; a reading right."""
    mine = Q(manager=person) | Q(deputy=person)
    return KeyAccount.objects.filter(mine, ended_on__isnull=True, touches__message_id=message.pk).exists()
