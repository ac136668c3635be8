"""From "Send" to the outbox: a mail waits until its moment has come, and until then it can be taken back.

While it waits it is a draft that was told to go: nothing has been said, no message is kept, every promise runs on. When
its moment has come it is said (`reply`, `asides.say_aside`) and handed to the outbox in one transaction that also ends
the draft, so that it is said once, whoever dies in between. Taking it back and letting it go lock the same row: one of
them wins, the other is told. See docs/decisions/018-sending-later.md.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from postroad.conversations.models import Message
from postroad.desk import queries
from postroad.desk.actions import asides, assignment
from postroad.desk.actions.common import lock, require_seen, tell
from postroad.desk.actions.drafting import Letter, is_sent, press_of, recipients_of, waiting, write
from postroad.desk.actions.replying import After, reply, require_answerable
from postroad.desk.actions.state import DESK
from postroad.desk.events import Event
from postroad.desk.jobs import Job
from postroad.desk.models import WAITING_FIELDS, Case, Draft, HeldBack, SentDraft
from postroad.desk.permissions import Permission
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.permissions import person_may
from postroad.platform.errors import Conflict, DomainError, Invalid
from postroad.platform.ids import new_id
from postroad.platform.jobs import enqueue

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from postroad.channels.models import Channel
    from postroad.org.models import Person

log = logging.getLogger(__name__)

LATEST = timedelta(days=366)
RELEASED_AT_ONCE = 100
REMEMBERED_FOR = timedelta(days=14)
LONGEST_REFUSAL = 500


@transaction.atomic
def send(
    *,
    case: Case,
    letter: Letter,
    key: UUID,
    after: After = After.OPEN,
    at: datetime | None = None,
    files: Sequence[UploadedFile[Any]] = (),
    seen: UUID | None = None,
    aside: Draft | None = None,
    person: Person,
) -> Draft | None:
    """Have a mail go out: `at` a moment somebody chose, else as soon as it can no longer be taken back.

    `aside` is the draft of a mail to somebody who is not the customer. The files given and those of the draft go along.
    `key` names the form it was pressed in: the same words from the same form go out once, however often they arrive.
    The case becomes the person's own if it is nobody's. Returns what waits, None for what has gone already.

    Raises Invalid at the field for what could not be sent as it stands, Conflict, Overtaken as `reply` does.
    """
    _require_reasonable(at)
    conversation = require_answerable(case) if aside is None else None
    [case] = lock([case])
    press = press_of(key, letter)
    if is_sent(press):
        return waiting(press)
    if aside is None:
        require_seen(case, seen, person=person, by_customers=not queries.is_direct(conversation))
    draft = write(case, letter, person=person, files=files, draft=aside)
    channel = _require_sendable(draft, case)
    undo = timedelta(seconds=queries.mail_rules_of(channel).undo_seconds)
    draft.key, draft.after = press, after.value
    draft.wait_until(at or timezone.now() + undo, scheduled=at is not None)
    draft.save(update_fields=["key", "after", *WAITING_FIELDS])
    if case.assignee is None:
        case = assignment.take(case=case, person=person)
    if at is not None:
        _record(Event.REPLY_SCHEDULED, draft, case, person, at=at.isoformat())
    elif not undo:
        _let_go(draft, case)
        return None
    assert draft.send_at is not None
    enqueue(Job.SEND_WAITING, run_at=draft.send_at)
    tell([case], case.assignee_id)
    return draft


@transaction.atomic
def take_back(*, draft: Draft, person: Person) -> Draft:
    """Make a mail that waits a draft of its writer again. What they have begun since stands below it.

    Raises Conflict when it has gone meanwhile.
    """
    [case] = lock([draft.case])
    draft = _locked(draft, case)
    _join_begun_since(draft)
    draft.key = new_id()
    draft.stop_waiting()
    draft.save(update_fields=["key", "text", *WAITING_FIELDS])
    _record(Event.REPLY_TAKEN_BACK, draft, case, person)
    tell([case], draft.person_id)
    return draft


@transaction.atomic
def send_now(*, draft: Draft, person: Person) -> Message:
    """Send what was scheduled, or held back, without waiting any longer. Raises Conflict when it has gone meanwhile."""
    if draft.kind == Draft.Kind.REPLY:
        require_answerable(draft.case)
    [case] = lock([draft.case])
    draft = _locked(draft, case)
    _record(Event.REPLY_RELEASED, draft, case, person)
    return _let_go(draft, case)


def release_due(*, now: datetime | None = None) -> int:
    """Send what is due, each in a transaction of its own; returns how many went. What cannot go is held back."""
    moment = now or timezone.now()
    due = Draft.objects.filter(send_at__lte=moment, held_back="").order_by("send_at", "pk")
    return sum(_release(draft, moment) for draft in due.select_related("case", "person")[:RELEASED_AT_ONCE])


def hold_back(case_ids: Collection[UUID]) -> None:
    """The customers of these cases wrote: replies scheduled before wait for their writers to look again.

    Joins the intake's transaction. What can only be taken back for some seconds more goes out all the same: whoever
    pressed "Send" has turned to something else and would not learn that it did not go. One query, three with any.
    """
    held = list(
        Draft.objects.filter(case__in=case_ids, kind=Draft.Kind.REPLY, scheduled=True, held_back="")
        .select_related("case")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    if not held:
        return
    Draft.objects.filter(pk__in=[one.pk for one in held]).update(held_back=HeldBack.CUSTOMER_WROTE)
    reason = {"why": HeldBack.CUSTOMER_WROTE.value}
    record_many([NewEntry(Event.REPLY_HELD_BACK, DESK, one.case, reason) for one in held])
    tell([one.case for one in held], *(one.person_id for one in held))


def forget_sent(*, now: datetime | None = None) -> int:
    """Drop what says which presses of "Send" were carried out, once nobody's network brings them again."""
    moment = now or timezone.now()
    return SentDraft.objects.filter(sent_at__lt=moment - REMEMBERED_FOR).delete()[0]


def follow_merge(cases: Sequence[Case], into: Case) -> None:
    """What is written on cases that are merged away goes on, on the case that stays; the cases are locked.

    Of several replies that one person has begun, the one on the case that stays counts, else the newest. Two queries.
    """
    Draft.objects.filter(case__in=cases).filter(Q(send_at__isnull=False) | Q(kind=Draft.Kind.ASIDE)).update(case=into)
    begun = Draft.objects.filter(kind=Draft.Kind.REPLY, send_at__isnull=True)
    there = begun.filter(case=into).values("person")
    newest = begun.filter(case__in=cases).exclude(person__in=there).order_by("person_id", "-written_at")
    begun.filter(pk__in=newest.distinct("person_id").values("pk")).update(case=into)


def _release(draft: Draft, now: datetime) -> bool:
    try:
        with translation.override(draft.person.language):
            return _release_one(draft, now)
    except Exception:
        # One that breaks must not keep the others from going; it stays due and is tried again.
        log.exception("what person %s wrote on case %s could not be sent", draft.person_id, draft.case_id)
        return False


@transaction.atomic
def _release_one(draft: Draft, now: datetime) -> bool:
    refusal = ""
    try:
        if draft.kind == Draft.Kind.REPLY:
            require_answerable(draft.case)
    except Conflict as conflict:
        refusal = conflict.message
    [case] = lock([Case(pk=draft.case_id)])
    found = _waiting(draft, case).filter(held_back="", send_at__lte=now).first()
    if found is None:
        return False
    reason = HeldBack.REFUSED.value if refusal else _why_not(found, case)
    if not reason:
        try:
            with transaction.atomic():
                _let_go(found, case)
        except DomainError as error:
            reason, refusal = HeldBack.REFUSED.value, error.message
        else:
            return True
    found.held_back, found.refusal = reason, refusal[:LONGEST_REFUSAL]
    found.save(update_fields=["held_back", "refusal"])
    record(Event.REPLY_HELD_BACK, actor=DESK, subject=case, data={"why": reason})
    tell([case], found.person_id)
    return False


def _why_not(draft: Draft, case: Case) -> str:
    """Why what was to go now must be looked at first; "" for nothing."""
    if not person_may(draft.person, Permission.CASE_WORK):
        return HeldBack.WRITER_GONE.value
    ended = case.closed_at or case.solved_at if case.is_finished else None
    if draft.scheduled and draft.told_at and ended and ended > draft.told_at:
        return HeldBack.CASE_ENDED.value
    return ""


def _let_go(draft: Draft, case: Case) -> Message:
    """Say it, and remember that this press of "Send" has been carried out."""
    recipients, press = recipients_of(draft), draft.key
    if draft.kind == Draft.Kind.ASIDE:
        message = asides.say_aside(draft=draft, case=case, recipients=recipients)
    else:
        message = reply(
            case=case,
            text=draft.text.strip(),
            recipients=recipients,
            after=After(draft.after or After.OPEN),
            sender=draft.sender,
            subject=draft.subject,
            signed=draft.signed,
            draft=draft,
            person=draft.person,
        )
    SentDraft.objects.create(key=press, case=case)
    return message


def _require_sendable(draft: Draft, case: Case) -> Channel:
    """Everything that can be found wrong before it waits; the channel it goes out on."""
    recipients_of(draft)
    if not draft.text.strip():
        raise Invalid({"text": _("Write something first.")})
    channel = asides.channel_for(draft, case) if draft.kind == Draft.Kind.ASIDE else _channel_of(case)
    queries.sender_to_use(queries.senders_of(channel), chosen=draft.sender, answered=None)
    return channel


def _channel_of(case: Case) -> Channel:
    conversation = queries.conversation_to_answer(case)
    return conversation.channel if conversation else case.channel


def _require_reasonable(at: datetime | None) -> None:
    now = timezone.now()
    if at is not None and at <= now:
        raise Invalid({"at": _("Choose a moment that is still to come.")})
    if at is not None and at > now + LATEST:
        raise Invalid({"at": _("Choose a moment within a year.")})


def _waiting(draft: Draft, case: Case) -> Any:
    found = Draft.objects.filter(pk=draft.pk, case=case, send_at__isnull=False).select_related("person__department")
    return found.select_for_update(of=("self",))


def _locked(draft: Draft, case: Case) -> Draft:
    found: Draft | None = _waiting(draft, case).first()
    if found is None:
        raise Conflict(_("It has gone out already."))
    return found


def _join_begun_since(draft: Draft) -> None:
    """What the writer has begun on the case since goes into the draft that comes back."""
    begun = Draft.objects.filter(
        case=draft.case_id, person=draft.person_id, kind=draft.kind, about=draft.about, send_at__isnull=True
    ).first()
    if begun is None:
        return
    draft.text = "\n\n".join(filter(None, [draft.text.rstrip(), begun.text.strip()]))
    begun.attachments.update(draft=draft)
    begun.delete()


def _record(event: Event, draft: Draft, case: Case, person: Person, **data: str) -> None:
    record(event, actor=person.as_actor(), subject=case, data={"writer": draft.person.staff_no, **data})
