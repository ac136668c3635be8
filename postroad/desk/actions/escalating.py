"""Telling people of promises that run out: the rungs of each promise's own ladder, and the ladders themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from postroad.clock.ladders import MOST_RUNGS, Rung, as_data
from postroad.clock.registry import Climbed, kind_of
from postroad.desk import queries
from postroad.desk.events import Event
from postroad.desk.jobs import Job
from postroad.desk.models import TO_DO, Case, Escalation, Ladder, Tells
from postroad.ledger.actions import record
from postroad.org.models import Person
from postroad.org.personal import PersonalField, read
from postroad.platform import realtime
from postroad.platform.crypto import SubjectKeys
from postroad.platform.errors import Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.network import not_in_a_transaction

if TYPE_CHECKING:
    from postroad.channels.models import Channel

UPWARDS = (Tells.ASSIGNEE, Tells.TEAM_LEAD, Tells.HEAD, Tells.SUPERVISOR)
MAILED_AT_ONCE = 200


def escalate(climbed: Sequence[Climbed]) -> None:
    """Tell those whom the rungs name; where there is nobody of that kind, the next further up.

    Registered with the clock: runs inside the transaction in which the rung was reached. While a case waits for its
    customer nobody is told. A batch costs a constant number of statements beside looking up each department's heads.
    """
    cases = {
        str(case.pk): case
        for case in Case.objects.filter(pk__in={one.deadline.subject_id for one in climbed}, state__in=TO_DO)
        .select_related("channel__department", "assignee")
        .defer("search")
    }
    standing = [one for one in climbed if one.deadline.subject_id in cases]
    if not standing:
        return
    told_on = queries.people_told(case.channel for case in cases.values())
    new = []
    for one in standing:
        case = cases[one.deadline.subject_id]
        new += _told(one, case, told_on[case.channel_id])
    Escalation.objects.bulk_create(new)
    realtime.publish("desk.cases", *(f"work.{person_id}" for person_id in {one.person_id for one in new}))
    if any(one.late for one in new):
        enqueue(Job.MAIL_ESCALATIONS)


def _told(climbed: Climbed, case: Case, people: dict[str, list[Person]]) -> list[Escalation]:
    known = people | {Tells.ASSIGNEE: [case.assignee] if case.assignee else []}
    told: dict[UUID, Escalation] = {}
    for tells in climbed.tells:
        for step in UPWARDS[UPWARDS.index(Tells(tells)) :]:
            if known[step]:
                for person in known[step]:
                    told.setdefault(person.pk, _escalation(climbed, case, person, step))
                break
    return list(told.values())


def _escalation(climbed: Climbed, case: Case, person: Person, tells: Tells) -> Escalation:
    # A warning is for the pages; only what was missed is worth a mail.
    at = climbed.at
    mailed = None if climbed.late else at
    return Escalation(
        case=case,
        deadline=climbed.deadline,
        person=person,
        tells=tells,
        late=climbed.late,
        told_at=at,
        mailed_at=mailed,
    )


def mail_escalations() -> int:
    """Write to everybody who was told of a missed promise and not written to; returns how many mails went.

    Each is claimed before it goes, so that two workers write once. Raises ExceptionGroup after the others if some could
    not be sent; those are tried again by the next run.
    """
    letters = [(one, letter) for one in _claimed() if (letter := _letter(one))]
    not_in_a_transaction()
    errors, failed = [], []
    with get_connection() as connection:
        for one, letter in letters:
            letter.connection = connection
            try:
                letter.send()
            except OSError as error:
                errors.append(error)
                failed.append(one.pk)
    Escalation.objects.filter(pk__in=failed).update(mailed_at=None)
    if errors:
        raise ExceptionGroup("some people could not be told of missed promises", errors)
    return len(letters)


@transaction.atomic
def _claimed() -> list[Escalation]:
    waiting = list(
        Escalation.objects.filter(mailed_at__isnull=True)
        .select_related("case__channel", "case__assignee", "deadline", "person")
        .defer("case__search")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .order_by("told_at")[:MAILED_AT_ONCE]
    )
    Escalation.objects.filter(pk__in=[one.pk for one in waiting]).update(mailed_at=timezone.now())
    return waiting


def _letter(told: Escalation) -> EmailMessage | None:
    person, case = told.person, told.case
    address = read(person, PersonalField.MAIL, keys=SubjectKeys([person.pk]))
    if not address or told.deadline.finished_at is not None:
        return None
    with translation.override(person.language):
        words = {"number": case.number, "promise": kind_of(told.deadline.kind).title, "subject": case.subject}
        subject = _("Missed on #%(number)s: %(promise)s – %(subject)s") % words
        url = settings.URL + case.get_absolute_url()
        context = {"told": told, "case": case, "promise": words["promise"], "url": url}
        text = render_to_string("desk/mail_escalated.txt", context)
    return EmailMessage(" ".join(subject.split()), text, to=[address])


@transaction.atomic
def set_ladder(*, channel: Channel | None, rungs: Collection[Rung] | None, person: Person) -> None:
    """Say who is told when of the promises that a channel (None: every channel without its own) makes from now on.

    `rungs` None: the channel goes by the ladder of all channels again. Promises already made keep the ladder they have.
    Raises Invalid for too many rungs.
    """
    if rungs is not None and len(rungs) > MOST_RUNGS:
        raise Invalid({"rungs": _("A ladder has at most %(count)s rungs.") % {"count": MOST_RUNGS}})
    kept = Ladder.objects.select_for_update(no_key=True, of=("self",)).filter(channel=channel).first()
    before = kept.rungs if kept else None
    after = None if rungs is None else as_data(rungs)
    if before == after:
        return
    if after is None:
        Ladder.objects.filter(channel=channel).delete()
    else:
        Ladder.objects.update_or_create(channel=channel, defaults={"rungs": after})
    ladder = kept or Ladder.objects.get(channel=channel)
    change = {"before": before, "after": after}
    record(Event.LADDER_CHANGED, actor=person.as_actor(), subject=channel or ladder, data={"rungs": change})
