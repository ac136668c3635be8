"""Deciding about a difference: accept it as the new approved state, leave it alone until a day, or end its group."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.approvals import actions as approvals
from postroad.approvals.models import Request
from postroad.channels import actions as channels
from postroad.groups import queries
from postroad.groups.actions.comparing import TOPIC, reconcile
from postroad.groups.events import Event
from postroad.groups.models import Amendment, Difference, Field, Group
from postroad.ledger.actions import record
from postroad.messengers import actions as messengers
from postroad.messengers.models import Room
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.realtime import publish

ACCEPT = "groups.accept"
ACCEPTABLE = frozenset({Field.NAME, Field.OWNER, Field.MISSING, Field.EXTRA, Field.SETTING})
LONGEST_EXCEPTION = timedelta(days=180)


def may_be_accepted(difference: Difference) -> bool:
    """Whether what was observed can become what is declared: an unknown user or owner cannot."""
    if difference.field == Field.OWNER and difference.person_id is None:
        return False
    return difference.field in ACCEPTABLE and difference.state != Difference.State.CLOSED


@transaction.atomic
def except_difference(*, difference: Difference, until: date, reason: str, person: Person) -> Difference:
    """Leave a difference alone until a day, included. Raises Invalid by field, Conflict once it is closed."""
    difference = _locked(difference.pk)
    problems = {}
    if not today() <= until <= today() + LONGEST_EXCEPTION:
        problems["until"] = _("Choose a day within the next %(days)d days.") % {"days": LONGEST_EXCEPTION.days}
    if not reason.strip():
        problems["reason"] = _("Say why, for those who ask later.")
    if problems:
        raise Invalid(problems)
    difference.state, difference.excepted_until = Difference.State.EXCEPTION, until
    difference.reason, difference.decided_by = reason.strip()[:500], person
    difference.save(update_fields=["state", "excepted_until", "reason", "decided_by"])
    data: dict[str, Any] = {
        "until": until.isoformat(),
        "reason": difference.reason[:300],
        "field": difference.field,
        "difference": str(difference.pk),
    }
    record(Event.DIFFERENCE_EXCEPTED, actor=person.as_actor(), subject=difference.channel, data=data)
    publish(TOPIC)
    return difference


@transaction.atomic
def ask_to_accept(*, difference: Difference, reason: str, person: Person) -> Request:
    """Ask that what was observed becomes the approved state. Meanwhile the difference stays open and shown.

    Raises Invalid by field, Conflict where it cannot be accepted or is asked for already.
    """
    difference = _locked(difference.pk)
    if not may_be_accepted(difference):
        raise Conflict(_("This cannot become the approved state."))
    if queries.acceptance_of(difference) is not None:
        raise Conflict(_("This has been asked for already."))
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})
    payload = {
        "channel": str(difference.channel_id),
        "channel_name": difference.channel.name,
        "field": str(difference.field),
        "subject": difference.subject,
        "person": str(difference.person_id or ""),
        "declared": difference.declared,
        "observed": difference.observed,
        "reason": reason.strip()[:500],
    }
    request = approvals.submit(
        kind=ACCEPT,
        flow_key=ACCEPT,
        applicant=person,
        subject=subject_of(difference),
        title=_("Accept a difference of %(name)s") % {"name": difference.channel.name},
        payload=payload,
        actor=person.as_actor(),
    )
    data: dict[str, Any] = {"field": difference.field, "difference": str(difference.pk)}
    record(Event.ACCEPTANCE_ASKED, actor=person.as_actor(), subject=difference.channel, data=data)
    return request


@transaction.atomic
def accept_approved(request: Request, actor: Actor) -> None:
    """The effect of an approved acceptance: a departure from the template, or a change of what is registered."""
    payload = request.payload
    difference = Difference.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.subject_id)
    channel = difference.channel
    group = Group.objects.select_related("template").get(channel=channel)
    field = payload["field"]
    if group.template_id is None and field == Field.NAME:
        channels.follow_approved(channel=channel, name=payload["observed"], actor=actor)
    elif group.template_id is None and field == Field.OWNER:
        successor = Person.objects.get(pk=payload["person"])
        channels.hand_over(channel=channel, to=successor, reason=payload["reason"], actor=actor)
    else:
        _amend(request, difference)
    if difference.state != Difference.State.CLOSED:
        difference.state, difference.closed_at = Difference.State.CLOSED, timezone.now()
        difference.closed_how, difference.excepted_until = Difference.How.ACCEPTED, None
        difference.save(update_fields=["state", "closed_at", "closed_how", "excepted_until"])
        data: dict[str, Any] = {
            "field": difference.field,
            "how": str(Difference.How.ACCEPTED),
            "request": str(request.pk),
        }
        record(Event.DIFFERENCE_CLOSED, actor=actor, subject=channel, data=data)
    reconcile(channel_ids=[channel.pk])


@transaction.atomic
def acceptance_refused(request: Request, actor: Actor) -> None:
    """The effect of an acceptance that was rejected or withdrawn: the difference stays as it is."""
    difference = Difference.objects.select_related("channel").get(pk=request.subject_id)
    record(Event.ACCEPTANCE_REFUSED, actor=actor, subject=difference.channel, data={"field": difference.field})


@transaction.atomic
def end_amendment(*, amendment: Amendment, actor: Actor) -> None:
    """Take an approved departure back: the template holds again."""
    del actor
    if Amendment.objects.filter(pk=amendment.pk, ended_on=None).update(ended_on=today()):
        reconcile(channel_ids=[amendment.channel_id])


def close_group(*, group: Group, reason: str, person: Person) -> None:
    """End a group whose department or project has ended: close its room and retire its channel. Needs a reason.

    Raises MessengerFault when the messenger does not close it, Refused where it cannot, then nothing is retired.
    """
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})
    room = Room.objects.filter(channel=group.channel_id, gone_at=None).select_related("messenger").first()
    actor = person.as_actor()
    if room is not None:
        messengers.close_room(room=room, actor=actor)
    with transaction.atomic():
        channels.retire_channel(channel=group.channel, reason=reason, actor=actor)
        record(Event.GROUP_CLOSED, actor=actor, subject=group.channel, data={"reason": reason.strip()[:300]})
        group.channel.differences.exclude(state=Difference.State.CLOSED).update(
            state=Difference.State.CLOSED,
            closed_at=timezone.now(),
            closed_how=Difference.How.REVERTED,
            excepted_until=None,
        )
        publish(TOPIC)


@transaction.atomic
def make_anew(*, group: Group, actor: Actor) -> None:
    """Give up a room that was closed in the messenger; the group is made again at the next run."""
    group = Group.objects.select_for_update(no_key=True, of=("self",)).get(pk=group.pk)
    if not messengers.release_lost_room(channel=group.channel):
        raise Conflict(_("The group is there."))
    group.generation += 1
    group.save(update_fields=["generation"])
    record(Event.GROUP_RENEWED, actor=actor, subject=group.channel)
    reconcile(channel_ids=[group.channel_id])


def _locked(difference_id: UUID) -> Difference:
    difference = (
        Difference.objects.select_for_update(no_key=True, of=("self",)).select_related("channel").get(pk=difference_id)
    )
    if difference.state == Difference.State.CLOSED:
        raise Conflict(_("This difference is closed already."))
    return difference


def _amend(request: Request, difference: Difference) -> None:
    payload = request.payload
    Amendment.objects.filter(
        channel=difference.channel_id, field=payload["field"], subject=payload["subject"], ended_on=None
    ).update(ended_on=today())
    Amendment.objects.create(
        channel_id=difference.channel_id,
        field=payload["field"],
        subject=payload["subject"],
        value=payload["observed"],
        person_id=payload["person"] or None,
        request=request,
    )
