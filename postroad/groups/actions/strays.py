"""Groups found without registration: register them, ask whoever made them, or close them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.approvals import actions as approvals
from postroad.approvals.models import Request
from postroad.channels import actions as channels
from postroad.channels import queries as channel_queries
from postroad.channels.actions import Particulars
from postroad.channels.models import Audience, Channel, Kind, Observability, Priority
from postroad.clock import actions as clock
from postroad.clock.models import Calendar
from postroad.groups.actions.comparing import TOPIC, reconcile
from postroad.groups.events import Event
from postroad.groups.models import Group, StrayQuestion
from postroad.ledger.actions import record
from postroad.messengers import actions as messengers
from postroad.messengers.models import Room
from postroad.messengers.protocol import Sight, messenger_of
from postroad.org.models import Department, Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.realtime import publish

REGISTER_ROOM = "groups.register-room"
STRAY_ANSWER = "groups.stray-answer"
ANSWER_AFTER = timedelta(hours=16)  # of working time: two working days
ANSWER_AFTER_BY_THE_CLOCK = timedelta(days=2)
REVIEW_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is written down about a stray group to register it."""

    key: str
    name: str
    purpose: str
    department: Department
    owner: Person
    deputy_owner: Person | None
    confidentiality: str

    def particulars(self, room: Room) -> Particulars:
        sight = messenger_of(room.messenger.connector).sight
        return Particulars(
            key=self.key,
            name=self.name,
            name_en="",
            kind=Kind.GROUP,
            purpose=self.purpose,
            priority=Priority.SUPPLEMENTARY,
            owner=self.owner,
            deputy_owner=self.deputy_owner,
            department=self.department,
            audience=Audience.INTERNAL,
            confidentiality=self.confidentiality,
            observability=Observability.API if sight == Sight.ALL_ROOMS else Observability.OWN_ROOMS,
            review_on=today() + REVIEW_AFTER,
        )

    def payload(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "name": self.name,
            "purpose": self.purpose,
            "department": str(self.department.pk),
            "department_name": self.department.name,
            "owner": str(self.owner.pk),
            "owner_name": self.owner.name,
            "deputy_owner": str(self.deputy_owner.pk) if self.deputy_owner else "",
            "confidentiality": str(self.confidentiality),
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Claim":
        deputy = payload["deputy_owner"]
        return cls(
            key=payload["key"],
            name=payload["name"],
            purpose=payload["purpose"],
            department=Department.objects.get(pk=payload["department"]),
            owner=Person.objects.get(pk=payload["owner"]),
            deputy_owner=Person.objects.get(pk=deputy) if deputy else None,
            confidentiality=payload["confidentiality"],
        )


@transaction.atomic
def claim_stray(*, room: Room, claim: Claim, applicant: Person, actor: Actor) -> Request:
    """Apply for the registration of a stray group. It is a stray until that is approved.

    Raises Invalid by field, Conflict when it is registered or claimed already.
    """
    room = _locked(room.pk)
    subject = subject_of(room)
    waiting = Request.objects.filter(subject_type=subject.type, subject_id=subject.id)
    if waiting.exclude(state__in=Request.CLOSED).exists():
        raise Conflict(_("The registration of this group has been applied for already."))
    problems = {}
    if Channel.objects.filter(key=claim.key).exists():
        problems["key"] = _("Another channel already uses this key.")
    faults = channel_queries.name_problems(claim.name, kind=Kind.GROUP, department=claim.department)
    if faults:
        problems["name"] = " ".join(fault.message for fault in faults)
    if claim.deputy_owner is not None and claim.deputy_owner.pk == claim.owner.pk:
        problems["deputy_owner"] = _("The deputy is somebody other than the owner.")
    if problems:
        raise Invalid(problems)
    request = approvals.submit(
        kind=REGISTER_ROOM,
        flow_key="channels.register",
        applicant=applicant,
        subject=subject,
        title=_("Register the group %(name)s") % {"name": room.name},
        payload={**claim.payload(), "messenger": room.messenger.name, "members": room.member_count},
        actor=actor,
    )
    record(Event.STRAY_CLAIMED, actor=actor, subject=room, data={"key": claim.key})
    _answer(room, StrayQuestion.State.REGISTERED, actor=actor)
    return request


@transaction.atomic
def register_claimed(request: Request, actor: Actor) -> None:
    """The effect of an approved registration: a channel, the room as its place, and the group kept from now on."""
    room = _locked(UUID(request.subject_id))
    claim = Claim.from_payload(request.payload)
    channel = channels.register_approved(particulars=claim.particulars(room), request=request, actor=actor)
    Group.objects.create(channel=channel, messenger=room.messenger)
    messengers.register_room(room=room, channel=channel, actor=actor)
    channel.refresh_from_db()
    channels.go_live(channel=channel, reason=_("the group is there already"), actor=actor)
    reconcile(channel_ids=[channel.pk])


@transaction.atomic
def registration_refused(request: Request, actor: Actor) -> None:
    """The effect of a registration that was rejected or withdrawn: the group stays a stray."""
    room = Room.objects.get(pk=request.subject_id)
    record(Event.STRAY_REFUSED, actor=actor, subject=room)


@transaction.atomic
def ask_about(*, room: Room, person: Person, asker: Person) -> StrayQuestion:
    """Ask somebody to register a stray group or to let it be closed, by a due date; an earlier question ends."""
    room = _locked(room.pk)
    if not person.is_active_on(today()):
        raise Invalid({"person": _("%(name)s does not work here any more.") % {"name": person.name}})
    actor = asker.as_actor()
    earlier = StrayQuestion.objects.filter(room=room, state=StrayQuestion.State.ASKED).first()
    if earlier is not None:
        if earlier.person_id == person.pk:
            return earlier
        _close_question(earlier, StrayQuestion.State.WITHDRAWN, actor=actor)
    now = timezone.now()
    question = StrayQuestion(room=room, person=person, asked_by=asker, asked_at=now)
    calendar = Calendar.objects.filter(key="company").first()
    version = calendar.current_version() if calendar else None
    question.deadline = clock.start_deadline(
        clock.NewDeadline(
            kind=STRAY_ANSWER,
            subject=subject_of(question),
            title=room.name,
            amount=ANSWER_AFTER if version else ANSWER_AFTER_BY_THE_CLOCK,
            started_at=now,
            calendar_version=version,
            responsible=person,
            url=reverse("groups:stray", args=[room.pk]),
        ),
        actor=actor,
    )
    question.save(force_insert=True)
    record(Event.STRAY_ASKED, actor=actor, subject=room, data={"person": str(person.pk)})
    publish(TOPIC, f"work.{person.pk}")
    return question


@transaction.atomic
def may_be_closed(*, room: Room, person: Person) -> None:
    """Whoever was asked says that the group is not needed; closing it stays with those who keep groups."""
    room = _locked(room.pk)
    if not StrayQuestion.objects.filter(room=room, person=person, state=StrayQuestion.State.ASKED).exists():
        raise Conflict(_("You were not asked about this group."))
    _answer(room, StrayQuestion.State.MAY_CLOSE, actor=person.as_actor())


def close_stray(*, room: Room, reason: str, person: Person) -> None:
    """End a stray group in the messenger. Needs a reason. Network: never in a transaction.

    Raises MessengerFault when the messenger does not, Refused where it cannot, Conflict for a registered one.
    """
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})
    room = Room.objects.select_related("messenger").get(pk=room.pk)
    if room.channel_id is not None:
        raise Conflict(_("This group is registered."))
    actor = person.as_actor()
    messengers.close_room(room=room, actor=actor)
    with transaction.atomic():
        record(Event.STRAY_CLOSED, actor=actor, subject=room, data={"reason": reason.strip()[:300]})
        for question in StrayQuestion.objects.filter(room=room, state=StrayQuestion.State.ASKED):
            _close_question(question, StrayQuestion.State.WITHDRAWN, actor=actor)
        publish(TOPIC)


def _answer(room: Room, answer: StrayQuestion.State, *, actor: Actor) -> None:
    for question in StrayQuestion.objects.filter(room=room, state=StrayQuestion.State.ASKED):
        _close_question(question, answer, actor=actor)
        record(Event.STRAY_ANSWERED, actor=actor, subject=room, data={"answer": str(answer)})
    publish(TOPIC)


def _close_question(question: StrayQuestion, state: StrayQuestion.State, *, actor: Actor) -> None:
    now = timezone.now()
    question.state, question.answered_at = state, now
    question.save(update_fields=["state", "answered_at"])
    if question.deadline_id:
        end = clock.cancel if state == StrayQuestion.State.WITHDRAWN else clock.meet
        end([question.deadline_id], at=now, reason="", actor=actor)
    publish(f"work.{question.person_id}")


def _locked(room_pk: UUID) -> Room:
    room = Room.objects.select_for_update(no_key=True, of=("self",)).select_related("messenger").get(pk=room_pk)
    if room.channel_id is not None:
        raise Conflict(_("This group is registered as another channel already."))
    return room
