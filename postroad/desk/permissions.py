"""What can be done at the desk, by whom, and the door from a case's number to the case.

Two things decide: the permission a role carries, and the object rule: a person sees the cases of the channels they
belong to (team, owner, deputy); who leads or audits the desk sees all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.accounts.models import Absence
from postroad.channels.models import Audience, Channel
from postroad.desk.models import (
    CannedAnswer,
    Case,
    CaseLink,
    CustomField,
    Draft,
    Macro,
    SavedView,
    SenderAddress,
    Skill,
    Tag,
)
from postroad.org.permissions import Role, person_may, roles_of
from postroad.org.roles import roles_carrying
from postroad.platform.errors import Conflict, NotFound, Refused

if TYPE_CHECKING:
    from postroad.conversations.models import Message
    from postroad.org.models import Account, Person


class Permission(StrEnum):
    CASE_VIEW = "desk.case.view"
    CASE_VIEW_ALL = "desk.case.view-all"
    CASE_WORK = "desk.case.work"
    CASE_EXPORT = "desk.case.export"
    REPORT_VIEW = "desk.report.view"
    QUEUE_MANAGE = "desk.queue.manage"
    TAG_CREATE = "desk.tag.create"
    TAG_MANAGE = "desk.tag.manage"
    FIELD_MANAGE = "desk.field.manage"
    MACRO_MANAGE = "desk.macro.manage"
    VIEW_SHARE = "desk.view.share"


_LEADERS = {Role.DESK_LEAD, Role.SUPERVISING_LEADER, Role.ADMINISTRATION_HEAD, Role.AUDITOR}

_RUN_THE_DESK = {Role.DESK_LEAD, Role.ADMINISTRATION_HEAD}

GRANTS: tuple[tuple[Permission, set[Role], str | Promise], ...] = (
    (
        Permission.CASE_VIEW,
        _LEADERS | {Role.AGENT, Role.DEPARTMENT_HEAD, Role.ADMINISTRATION},
        gettext_lazy("See the cases of one's own channels"),
    ),
    (Permission.CASE_VIEW_ALL, _LEADERS, gettext_lazy("See the cases of all channels")),
    (
        Permission.CASE_WORK,
        {Role.AGENT, Role.DESK_LEAD},
        gettext_lazy("Answer, assign, solve, merge and transfer cases"),
    ),
    (Permission.CASE_EXPORT, {Role.DESK_LEAD, Role.ADMINISTRATION_HEAD, Role.AUDITOR}, gettext_lazy("Export cases")),
    (
        Permission.REPORT_VIEW,
        _LEADERS | {Role.AGENT, Role.DEPARTMENT_HEAD, Role.ADMINISTRATION, Role.EXECUTIVE},
        gettext_lazy("See the promises behind the desk's figures"),
    ),
    (Permission.QUEUE_MANAGE, _RUN_THE_DESK, gettext_lazy("Change how queues are run")),
    (
        Permission.TAG_CREATE,
        _RUN_THE_DESK | {Role.SUPPORT_SPECIALIST},
        gettext_lazy("Make new tags while working on cases"),
    ),
    (Permission.TAG_MANAGE, _RUN_THE_DESK, gettext_lazy("Rename, merge and remove tags")),
    (Permission.FIELD_MANAGE, _RUN_THE_DESK, gettext_lazy("Say what is asked of every case (custom fields)")),
    (Permission.MACRO_MANAGE, _RUN_THE_DESK, gettext_lazy("Write macros")),
    (Permission.VIEW_SHARE, _RUN_THE_DESK, gettext_lazy("Share views of the case list with everybody at the desk")),
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person sees of the desk; read once per request. `channels` None: all of them."""

    channels: tuple[UUID, ...] | None

    def cases(self) -> QuerySet[Case]:
        return Case.objects.all() if self.channels is None else Case.objects.filter(channel__in=self.channels)

    def queues(self) -> QuerySet[Channel]:
        """The channels whose messages become cases, as far as the person sees them."""
        served = Channel.objects.exclude(audience=Audience.INTERNAL)
        return served if self.channels is None else served.filter(pk__in=self.channels)


def sight_of(person: Person) -> Sight:
    """What a person sees: all cases, those of the channels they belong to, or none."""
    roles = roles_of(person)
    if roles & roles_carrying(Permission.CASE_VIEW_ALL):
        return Sight(channels=None)
    if not roles & roles_carrying(Permission.CASE_VIEW):
        return Sight(channels=())
    own = Channel.objects.filter(Q(members__person=person) | Q(owner=person) | Q(deputy_owner=person))
    return Sight(channels=tuple(own.values_list("pk", flat=True).distinct()))


def get_case_for(person: Person, number: int, right: Permission = Permission.CASE_VIEW) -> Case:
    """The case of that number.

    Raises NotFound where the person sees no such case, Refused where they see it but lack `right`.
    """
    shown_with_it = ("channel", "contact", "organisation", "assignee", "merged_into", "follow_up_of")
    case = sight_of(person).cases().select_related(*shown_with_it).filter(number=number).first()
    if case is None:
        raise NotFound(_("There is no case %(number)s, or it is not yours to see.") % {"number": f"#{number}"})
    if not person_may(person, right):
        raise Refused(_("You may read this case but not work on it."))
    return case


def get_aside_for(person: Person, case: Case, draft_id: UUID) -> Draft | None:
    """A person's own mail to somebody who is not the customer; None where it has gone or been thrown away."""
    begun = Draft.objects.filter(pk=draft_id, case=case, person=person, kind=Draft.Kind.ASIDE, send_at__isnull=True)
    return begun.select_related("conversation__channel").prefetch_related("attachments__blob").first()


def get_waiting_for(case: Case, draft_id: UUID) -> Draft:
    """What waits to be sent on a case that one may work on, whoever wrote it. Raises Conflict where it has gone."""
    draft = Draft.objects.filter(pk=draft_id, case=case, send_at__isnull=False).select_related("case", "person").first()
    if draft is None:
        raise Conflict(_("It has gone out already, or was taken back."))
    return draft


def get_sender(channel: Channel, sender_id: UUID) -> SenderAddress:
    """An address that the channel's team writes from. Raises NotFound."""
    sender = SenderAddress.objects.filter(pk=sender_id, channel=channel).select_related("channel").first()
    if sender is None:
        raise NotFound(_("There is no such address."))
    return sender


def get_absence(absence_id: UUID) -> Absence:
    """An absence; whose one may end, the action says. Raises NotFound."""
    absence = Absence.objects.filter(pk=absence_id).select_related("person").first()
    if absence is None:
        raise NotFound(_("There is no such absence."))
    return absence


def get_channel_for(person: Person, key: str) -> Channel:
    """A channel with a queue, for who may manage queues. Raises NotFound, Refused."""
    channel = Channel.objects.filter(key=key).first()
    if channel is None:
        raise NotFound(_("There is no such channel."))
    if not person_may(person, Permission.QUEUE_MANAGE):
        raise Refused(_("You may not change how queues are run."))
    return channel


def get_canned(answer_id: UUID) -> CannedAnswer:
    """A canned answer, for who may manage queues. Raises NotFound."""
    answer = CannedAnswer.objects.filter(pk=answer_id).first()
    if answer is None:
        raise NotFound(_("There is no such canned answer."))
    return answer


def get_tag(tag_id: UUID) -> Tag:
    """A tag, for who may manage tags. Raises NotFound."""
    return _found(Tag.objects.filter(pk=tag_id).first(), _("There is no such tag."))


def get_field(field_id: UUID) -> CustomField:
    """A custom field, for who may manage them. Raises NotFound."""
    return _found(CustomField.objects.filter(pk=field_id).first(), _("There is no such field."))


def get_macro(macro_id: UUID) -> Macro:
    """A macro, for who may write or run macros. Raises NotFound."""
    return _found(Macro.objects.filter(pk=macro_id).first(), _("There is no such macro."))


def get_link_of(case: Case, link_id: UUID) -> CaseLink:
    """A link of that case, whichever side it is on. Raises NotFound."""
    links = CaseLink.objects.filter(Q(case=case) | Q(other=case)).select_related("case", "other")
    return _found(links.filter(pk=link_id).first(), _("There is no such link."))


def get_view_to_change(person: Person, view_id: UUID) -> SavedView:
    """A saved view that the person may change: their own, or a shared one for who shares views.

    Raises NotFound for one they do not see, Refused for one they only see.
    """
    view = SavedView.objects.filter(Q(owner=person) | Q(shared=True), pk=view_id).first()
    view = _found(view, _("There is no such view, or it is not yours to see."))
    if view.owner_id != person.pk and not person_may(person, Permission.VIEW_SHARE):
        raise Refused(_("Only its owner, or who shares views with the desk, may change this view."))
    return view


Thing = TypeVar("Thing")


def _found(thing: Thing | None, otherwise: str) -> Thing:
    if thing is None:
        raise NotFound(otherwise)
    return thing


def get_skill(skill_id: UUID) -> Skill:
    """A skill, for who may manage queues. Raises NotFound."""
    skill = Skill.objects.filter(pk=skill_id).first()
    if skill is None:
        raise NotFound(_("There is no such skill."))
    return skill


def may_hear_case(account: Account, topic: str) -> bool:
    """Whether an account may listen to the live hints of a case, `desk.case.<id>`."""
    try:
        case_id = UUID(topic.rpartition(".")[2])
    except ValueError:
        return False
    return account.person is not None and sight_of(account.person).cases().filter(pk=case_id).exists()


def sees_message(person: Person, message: Message) -> bool:
    """Whether a message belongs to a case that the person may see; conversations takes it for a right to read it."""
    within = Q(links__until_message_id__isnull=True) | Q(links__until_message_id__gt=message.pk)
    cases = (
        sight_of(person)
        .cases()
        .filter(within, links__conversation=message.conversation_id, links__first_message_id__lte=message.pk)
    )
    return cases.exists()
