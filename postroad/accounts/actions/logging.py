"""The contact log: it fills itself from messages and calls; what happened elsewhere is entered by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.accounts import queries
from postroad.accounts.actions.keeping import TOPIC, lock
from postroad.accounts.events import Event
from postroad.accounts.models import KeyAccount, Medium, Rhythm, Touch
from postroad.channels.models import Kind
from postroad.clock import actions as clock
from postroad.clock.actions.duties import renews
from postroad.clock.models import DutyOccurrence
from postroad.conversations.models import Delivery, DeliveryState, Message
from postroad.conversations.registry import Intaken
from postroad.hotline.models import Call
from postroad.ledger.actions import record
from postroad.org.models import Contact, Person
from postroad.platform.errors import Invalid
from postroad.platform.realtime import publish

MEDIA = {Kind.MAILBOX: Medium.MAIL, Kind.FAX: Medium.MAIL}
EARLIEST = timedelta(days=366)
Direction = Touch.Direction


def take_in(taken: Sequence[Intaken]) -> None:
    """Log new messages of key accounts; an intake handler. Machines' messages are no contact; calls tell themselves.

    One query where no key account is concerned, else three, and a few more for each rhythm that begins anew, which is
    once a day at most.
    """
    said = [one for one in taken if not one.message.auto and one.conversation.channel.kind != Kind.HOTLINE]
    _log_messages([one.message for one in said], {one.message.pk: _contact_of(one) for one in said})


def delivered(deliveries: Sequence[Delivery]) -> None:
    """Log what somebody of ours wrote to a key account once it was sent; a delivery handler. Costs as `take_in`."""
    ids = {one.message_id: one.state for one in deliveries}
    messages = list(
        Message.objects.filter(pk__in=ids, person__isnull=False, auto="")
        .select_related("channel", "conversation", "person")
        .defer("search", "html", "text")
    )
    sent = [one for one in messages if ids[one.pk] == DeliveryState.SENT]
    _log_messages(sent, {one.pk: one.contact_id or one.conversation.contact_id for one in sent})
    failed = [key for key, state in ids.items() if state == DeliveryState.FAILED]
    if failed:
        Touch.objects.filter(message_id__in=failed).update(undelivered=True, counts=False)


def calls_spoken(calls: Sequence[Call]) -> None:
    """Log calls in which somebody of a key account was spoken to; hears of them from the hotline."""
    known = {call.pk: call.caller.contact_id for call in calls if call.caller and call.caller.contact_id}
    accounts = queries.accounts_of_contacts({one for one in known.values() if one}) if known else {}
    _log(
        [
            Touch(
                account=accounts[contact],
                medium=Medium.PHONE,
                direction=Direction.BOTH,
                source=Touch.Source.CALL,
                at=call.answered_at or call.started_at,
                person=call.agent,
                contact_id=contact,
                call=call,
                counts=_counts(accounts[contact], call.agent),
            )
            for call in calls
            if (contact := known.get(call.pk)) and contact in accounts
        ]
    )


@transaction.atomic
def enter_contact(
    *, account: KeyAccount, person: Person, medium: Medium, at: datetime, words: str, contact: Contact | None = None
) -> Touch:
    """Note down a visit, a meeting, or what happened where Postroad does not listen.

    Raises Invalid by field: in the future, more than a year ago, without words, with somebody of another organisation.
    """
    account = lock(account.pk)
    if at > timezone.now():
        raise Invalid({"at": _("This lies in the future.")})
    if at < timezone.now() - EARLIEST:
        raise Invalid({"at": _("This is more than a year ago.")})
    if not words.strip():
        raise Invalid({"words": _("Say in a few words what it was about.")})
    if contact and contact.organisation_id != account.organisation_id:
        raise Invalid({"contact": _("This contact belongs to another organisation.")})
    touch = Touch(
        account=account,
        medium=medium,
        direction=Direction.BOTH,
        source=Touch.Source.ENTRY,
        at=at,
        person=person,
        contact=contact,
        words=words.strip(),
        counts=_counts(account, person),
    )
    _log([touch])
    record(Event.CONTACT_ENTERED, actor=person.as_actor(), subject=account, data={"medium": str(medium)})
    return touch


def _contact_of(one: Intaken) -> UUID | None:
    return one.contact.pk if one.contact else one.conversation.contact_id


def _log_messages(messages: Sequence[Message], contacts: dict[UUID, UUID | None]) -> None:
    wanted = {one for one in contacts.values() if one}
    accounts = queries.accounts_of_contacts(wanted) if wanted else {}
    _log(
        [
            Touch(
                account=accounts[contact],
                medium=MEDIA.get(Kind(message.channel.kind), Medium.MESSENGER),
                direction=Direction.OUT if message.person_id else Direction.IN,
                source=Touch.Source.MESSAGE,
                at=message.sent_at if message.sent_at and not message.is_incoming else message.received_at,
                person_id=message.person_id,
                contact_id=contact,
                message_id=message.pk,
                counts=message.person_id in {accounts[contact].manager_id, accounts[contact].deputy_id},
            )
            for message in messages
            if (contact := contacts[message.pk]) and contact in accounts
        ]
    )


def _counts(account: KeyAccount, person: Person | None) -> bool:
    return person is not None and person.pk in {account.manager_id, account.deputy_id}


def _log(touches: Sequence[Touch]) -> None:
    """Keep contacts, each once however often it is told, and let the rhythms begin anew from those that count."""
    if not touches:
        return
    Touch.objects.bulk_create(touches, ignore_conflicts=True)
    _renew([one for one in touches if one.counts])
    publish(TOPIC)


def _renew(touches: Iterable[Touch]) -> None:
    newest: dict[tuple[UUID, str], Touch] = {}
    for one in sorted(touches, key=lambda one: one.at):
        newest[one.account_id, one.medium] = one
    if not newest:
        return
    rhythms = (
        Rhythm.objects.select_for_update(no_key=True, of=("self",))
        .filter(account__in={account for account, _medium in newest}, ended_on__isnull=True)
        .order_by("pk")
    )
    touched = {
        one.duty_id: newest[one.account_id, one.medium] for one in rhythms if (one.account_id, one.medium) in newest
    }
    waiting = DutyOccurrence.objects.filter(duty__in=touched, deadline__finished_at__isnull=True)
    for occurrence in waiting.select_related("deadline").order_by("pk"):
        touch = touched[occurrence.duty_id]
        if renews(occurrence, touch.at) and touch.person:
            clock.complete_duty(occurrence=occurrence, person=touch.person, at=touch.at)
