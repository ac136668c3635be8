"""Patrol's writes: what the checks find, whose duty a group is, and what its owner does about what was found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from postroad.channels.models import Channel
from postroad.channels.models import Kind as ChannelKind
from postroad.channels.protocol import Recipient, RecipientRole
from postroad.clock import actions as clock
from postroad.clock.models import Calendar, Duty
from postroad.conversations import actions as conversations
from postroad.conversations.registry import Intaken
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.messengers import actions as messengers
from postroad.messengers import queries as mirror
from postroad.messengers.models import Room
from postroad.messengers.protocol import Feature, RoomChange
from postroad.org.models import Person, today
from postroad.patrol import queries
from postroad.patrol.checks import look
from postroad.patrol.events import Event
from postroad.patrol.models import Finding, Kind, Round, WordList
from postroad.platform.actors import Actor
from postroad.platform.bulk import insert_many
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.language import in_a_row
from postroad.platform.realtime import publish

PATROL = Actor.system("patrol")
DONE_BY = time(18)
MOST_WORDS = 5000

Outcome = Finding.Outcome
_EVENTS = {
    Outcome.DISMISSED: Event.DISMISSED,
    Outcome.REMINDED: Event.REMINDED,
    Outcome.REDACTED: Event.REDACTED,
    Outcome.REMOVED: Event.REMOVED,
}


# --- finding ------------------------------------------------------------------------------------------------


def look_through(taken: Sequence[Intaken]) -> None:
    """Note what the checks find in new messages of groups; an intake handler. Three statements, whatever the batch."""
    said = [one for one in taken if one.conversation.channel.kind == ChannelKind.GROUP and one.message.text]
    hits = look([one.message.text for one in said]) if said else []
    due: dict[date, date] = {}
    findings = []
    for one, found in zip(said, hits, strict=True):
        day = timezone.localdate(one.message.sent_at or one.message.received_at)
        if found and day not in due:
            due[day] = queries.next_working_day(day)
        findings += [
            Finding(
                channel=one.conversation.channel,
                message=one.message,
                kind=kind,
                places=[[hit.start, hit.end] for hit in found if hit.kind == kind],
                said_on=day,
                due_on=due[day],
            )
            for kind in sorted({hit.kind for hit in found})
        ]
    if not findings:
        return
    insert_many(findings)
    record_many(
        [NewEntry(Event.FOUND, PATROL, one.message, {"channel": one.channel.key, "kind": one.kind}) for one in findings]
    )
    publish("patrol")


# --- whose duty ---------------------------------------------------------------------------------------------


@transaction.atomic
def keep_rounds() -> int:
    """See that each group to be patrolled is a daily duty of its owner, and others are not; how many changed."""
    calendar = Calendar.objects.filter(key=queries.CALENDAR).first()
    if calendar is None:
        return 0
    wanted = {one.pk: one for one in queries.patrolled_channels().select_related("owner", "deputy_owner")}
    rounds = {one.channel_id: one for one in Round.objects.select_for_update(of=("self",)).select_related("duty")}
    changed = sum(_begin(channel, calendar) for key, channel in wanted.items() if key not in rounds)
    changed += sum(_renew(one, wanted[key]) for key, one in rounds.items() if key in wanted)
    changed += sum(_end(one) for key, one in rounds.items() if key not in wanted)
    return changed


def _begin(channel: Channel, calendar: Calendar) -> bool:
    duty = clock.create_duty(
        actor=PATROL,
        name=_name(channel, "zh-hans"),
        name_en=_name(channel, "en"),
        calendar=calendar,
        frequency=Duty.Frequency.DAILY,
        due_time=DONE_BY,
        responsible=channel.owner,
        deputy=channel.deputy_owner,
        starts_on=today(),
        page=reverse("patrol:channel", args=[channel.pk]),
    )
    Round.objects.create(channel=channel, duty=duty)
    return True


def _renew(round_: Round, channel: Channel) -> bool:
    """A patrol follows its group: who answers for it, what it is called, and that it is in service again."""
    values = {
        "responsible": channel.owner,
        "deputy": channel.deputy_owner,
        "name": _name(channel, "zh-hans"),
        "name_en": _name(channel, "en"),
        "ends_on": None,
    }
    if all(getattr(round_.duty, name) == value for name, value in values.items()):
        return False
    clock.update_duty(duty=round_.duty, actor=PATROL, **values)
    return True


def _end(round_: Round) -> bool:
    if round_.duty.ends_on is not None:
        return False
    clock.update_duty(duty=round_.duty, actor=PATROL, ends_on=max(today(), round_.duty.starts_on))
    return True


def _name(channel: Channel, language: str) -> str:
    with override(language):
        return (_("Patrol: %(name)s") % {"name": channel})[:120]


# --- dealing with it ----------------------------------------------------------------------------------------


def dismiss(*, finding: Finding, person: Person, reason: str) -> None:
    """Say that nothing is wrong with a message. Raises Conflict when it was dealt with, Invalid without a reason."""
    _require_reason(reason)
    _close(finding, Outcome.DISMISSED, person, reason)


@transaction.atomic
def remind(*, finding: Finding, person: Person, reason: str) -> None:
    """Ask the author, in the group and by name, to keep to the rules; `reason` is what is said. Raises as `dismiss`."""
    _require_reason(reason)
    _close(finding, Outcome.REMINDED, person, reason)
    message = finding.message
    conversations.say(
        conversation=message.conversation,
        actor=person.as_actor(),
        person=person,
        text=reason,
        to=[Recipient(RecipientRole.TO, message.sender_name, message.sender_address)],
        reply_to=message,
    )


def redact(*, finding: Finding, person: Person, reason: str) -> None:
    """Take the message back in the messenger; here it stays, as evidence.

    Raises as `dismiss`, Conflict where the messenger cannot, MessengerFault when it did not.
    """
    room = _room_to_act_in(finding, reason)
    if Feature.REDACT_OTHERS not in queries.features_of(room):
        raise Conflict(_("This messenger does not let messages of others be taken back."))
    messengers.redact_message(
        room=room, external_id=finding.message.external_id, reason=reason, actor=person.as_actor()
    )
    _close(finding, Outcome.REDACTED, person, reason)


def remove_author(*, finding: Finding, person: Person, reason: str) -> None:
    """Remove the author from the group. Raises as `redact`, and Conflict for the group's owner."""
    room = _room_to_act_in(finding, reason)
    user_id = _author(finding, room)
    if Feature.REMOVE_MEMBER not in queries.features_of(room):
        raise Conflict(_("This messenger does not let anybody be removed from outside."))
    if user_id.casefold() == room.owner_user_id.casefold():
        raise Conflict(_("The author owns the group in the messenger; hand the group over first."))
    messengers.change_room(room=room, change=RoomChange(remove_ids=frozenset({user_id})), actor=person.as_actor())
    _close(finding, Outcome.REMOVED, person, reason)


def finish(*, round_: Round, person: Person) -> None:
    """Say that a group was patrolled today. Raises Conflict on a day off, or while something is not dealt with."""
    if queries.open_findings(round_.channel).filter(said_on__lt=today()).exists():
        raise Conflict(_("Deal with what was found first."))
    occurrence = queries.occurrences_today([round_.duty_id]).get(round_.duty_id)
    if occurrence is None:
        raise Conflict(_("There is no patrol to be done today."))
    clock.complete_duty(occurrence=occurrence, person=person)
    publish("patrol", f"work.{person.pk}")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})


def _room_to_act_in(finding: Finding, reason: str) -> Room:
    _require_reason(reason)
    if not Finding.objects.filter(pk=finding.pk, outcome="").exists():
        raise Conflict(_("This has been dealt with already."))
    room = queries.room_of(finding.channel)
    if room is None:
        raise Conflict(_("The group is not in any messenger that we see."))
    return room


def _author(finding: Finding, room: Room) -> str:
    """The author's user id as the messenger writes it."""
    address = finding.message.sender_address.removesuffix(f"@{room.messenger.key}")
    user = mirror.user_named(room.messenger, address)
    return user.user_id if user else address


@transaction.atomic
def _close(finding: Finding, outcome: Finding.Outcome, person: Person, reason: str) -> None:
    """One outcome for a message: what else was found in it is dealt with by the same."""
    open_ones = Finding.objects.select_for_update(of=("self",)).filter(message=finding.message_id, outcome="")
    if not open_ones:
        raise Conflict(_("This has been dealt with already."))
    said = reason.strip()[:500]
    Finding.objects.filter(pk__in=[one.pk for one in open_ones]).update(
        outcome=outcome, reason=said, handled_by=person, handled_at=timezone.now()
    )
    record(_EVENTS[outcome], actor=person.as_actor(), subject=finding.message, data={"reason": said})
    publish("patrol", f"work.{person.pk}")


# --- words --------------------------------------------------------------------------------------------------


@transaction.atomic
def set_words(*, kind: Kind, words: Sequence[str], actor: Actor) -> WordList:
    """Say which words point to a kind of abuse, from the next message on. Raises Invalid for too many or too short."""
    cleaned = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if len(cleaned) > MOST_WORDS:
        raise Invalid({"words": _("At most %(number)d words.") % {"number": MOST_WORDS}})
    if short := [word for word in cleaned if len(word) < 2]:  # noqa: PLR2004 - one character is in every sentence
        raise Invalid({"words": _("Too short to tell anything: %(words)s") % {"words": in_a_row(short[:5])}})
    known, _new = WordList.objects.update_or_create(kind=kind, defaults={"words": cleaned})
    record(Event.WORDS_CHANGED, actor=actor, subject=known, data={"kind": kind, "words": len(cleaned)})
    return known
