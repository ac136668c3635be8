"""What the last approval of an application does, in the approval's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.access import queries
from postroad.access.actions.checking import Checker
from postroad.access.actions.ending import about, end_grants, lock_grants, tell_of_change
from postroad.access.actions.promises import ACCESS, working_days
from postroad.access.events import Event
from postroad.access.jobs import Job
from postroad.access.lines import Line, LineAction, lines_of
from postroad.access.models import Grant
from postroad.approvals import actions as approvals
from postroad.approvals.models import CONCERNS, Request
from postroad.channels.models import Channel
from postroad.clock.actions import NewDeadline, meet, start_deadlines
from postroad.clock.models import Deadline
from postroad.clock.queries import deadlines_of
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.models import today
from postroad.org.queries import holders
from postroad.org.roles import Role
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict
from postroad.platform.jobs import enqueue
from postroad.platform.language import in_a_row

REVIEW = "access.review"
REVIEW_DEADLINE = "access.emergency-review"
REVIEW_WITHIN_DAYS = 2
Because = Grant.EndedBecause


@transaction.atomic
def take_effect(request: Request, actor: Actor) -> None:
    """The effect of an approved application: its lines hold from now, or from the day they name.

    Raises Conflict when a line has become impossible, or somebody decided who alone profits from one today.
    """
    lines = lines_of(request.payload)
    _lock_channels(lines)
    _recheck(request, lines, urgent=False)
    _carry_out(request, lines, actor=actor, review_due_at=None)


@transaction.atomic
def take_effect_at_once(request: Request, actor: Actor) -> None:
    """The effect of an emergency's one word: its lines hold. Both signatures follow within two working days."""
    lines = lines_of(request.payload)
    _lock_channels(lines)
    _recheck(request, lines, urgent=True)
    review = _ask_for_review(request)
    deadline = _promise_review(review)
    granted = _carry_out(request, lines, actor=actor, review_due_at=deadline.due_at)
    payload = {**review.payload, "grants": [str(grant.pk) for grant in granted]}
    Request.objects.filter(pk=review.pk).update(payload=payload)


@transaction.atomic
def confirm_emergency(request: Request, actor: Actor) -> None:
    """The effect of an approved review: the emergency's grants stay."""
    _require_impartial(request, lines_of(request.payload))
    now = timezone.now()
    open_grants = [grant for grant in lock_grants(_grants_in(request)) if grant.ended_at is None]
    Grant.objects.filter(pk__in=[grant.pk for grant in open_grants]).update(reviewed_at=now)
    record(Event.EMERGENCY_CONFIRMED, actor=actor, subject=request, data={"count": len(open_grants)})
    _finish_review(request, at=now, actor=actor)


@transaction.atomic
def drop_emergency(request: Request, actor: Actor) -> None:
    """The effect of a review that was rejected or withdrawn: what the emergency granted ends now."""
    now = timezone.now()
    open_grants = [grant for grant in lock_grants(_grants_in(request)) if grant.ended_at is None]
    evidence = {"request": str(request.pk)}
    end_grants(open_grants, because=Because.NOT_REVIEWED, at=now, actor=actor, evidence={**evidence})
    record(Event.EMERGENCY_LAPSED, actor=actor, subject=request, data={"count": len(open_grants)})
    _finish_review(request, at=now, actor=actor)


def on_review_missed(_deadlines: Sequence[Deadline]) -> None:
    """An emergency was not reviewed in time. A job of its own ends it: it has to lock the request first."""
    enqueue(Job.END_UNREVIEWED, once=True)


def end_unreviewed() -> int:
    """End what an emergency granted and nobody reviewed in time, by closing the review; returns how many reviews."""
    missed = Deadline.objects.filter(kind=REVIEW_DEADLINE, state=Deadline.State.MISSED, finished_at=None)
    overdue = Request.objects.filter(kind=REVIEW, pk__in=[UUID(one.subject_id) for one in missed])
    overdue = overdue.exclude(state__in=Request.CLOSED)
    ids = list(overdue.values_list("pk", flat=True))
    for request_id in ids:
        approvals.withdraw(request_id=request_id, actor=ACCESS)
    return len(ids)


def _lock_channels(lines: list[Line]) -> None:
    """Two approvals about one channel wait for each other."""
    channels = Channel.objects.select_for_update(no_key=True).filter(pk__in={line.channel_id for line in lines})
    list(channels.order_by("pk").values_list("pk"))


def _recheck(request: Request, lines: list[Line], *, urgent: bool) -> None:
    checker = Checker(lines, written=False, urgent=urgent)
    if problems := checker.problems():
        texts = [f"{number + 1}: {' '.join(wrong.values())}" for number, wrong in problems.items()]
        raise Conflict(_("This cannot take effect any more. Line %(lines)s") % {"lines": " ".join(texts)})
    _require_impartial(request, lines)


def _require_impartial(request: Request, lines: list[Line]) -> None:
    """Nobody approves their own: departments and posts may have come to mean one person since the submission."""
    concerned = queries.people_concerned(lines, on=today())
    deciders = queries.approvers_of([request.pk])[request.pk]
    partial = [person for person in deciders if person.pk in concerned]
    if partial:
        names = in_a_row(partial)
        raise Conflict(_("%(names)s would be the only one to gain by it and so cannot approve it.") % {"names": names})


def _carry_out(request: Request, lines: list[Line], *, actor: Actor, review_due_at: datetime | None) -> list[Grant]:
    now, day = timezone.now(), today()
    evidence = {"request": str(request.pk)}
    ids = {
        action: {line.grant_id for line in lines if line.action == action and line.grant_id} for action in LineAction
    }
    locked = {grant.pk: grant for grant in lock_grants(ids[LineAction.CHANGE] | ids[LineAction.END])}
    for action, because in ((LineAction.END, Because.REVOKED), (LineAction.CHANGE, Because.CHANGED)):
        ending = [locked[grant_id] for grant_id in sorted(ids[action])]
        end_grants(ending, because=because, at=now, actor=actor, evidence={**evidence})
    channels = Channel.objects.in_bulk({line.channel_id for line in lines})
    new = [
        _grant(line, request, channels[line.channel_id], day=day, at=now, review_due_at=review_due_at)
        for line in lines
        if line.gives
    ]
    Grant.objects.bulk_create(new)
    record_many(
        [
            NewEntry(
                Event.GRANT_CHANGED if grant.replaces_id else Event.GRANT_GRANTED,
                actor,
                grant,
                about(grant, emergency=grant.emergency, **evidence),
            )
            for grant in new
        ]
    )
    tell_of_change({grant.channel_id for grant in new if grant.begun_at})
    return new


def _grant(
    line: Line, request: Request, channel: Channel, *, day: date, at: datetime, review_due_at: datetime | None
) -> Grant:
    starts_on = max(line.starts_on or day, day)
    return Grant(
        channel=channel,
        permission=line.permission,
        person_id=line.grantee.person_id,
        department_id=line.grantee.department_id,
        role=line.grantee.role or "",
        content=line.content,
        starts_on=starts_on,
        ends_on=line.ends_on,
        training_key=line.training_key,
        request=request,
        replaces_id=line.grant_id,
        emergency=review_due_at is not None,
        review_due_at=review_due_at,
        begun_at=at if starts_on == day else None,
    )


def _ask_for_review(request: Request) -> Request:
    return approvals.submit(
        kind=REVIEW,
        flow_key=REVIEW,
        applicant=request.applicant,
        subject=subject_of(request),
        title=_("Review of an emergency: %(title)s") % {"title": request.title},
        payload={
            "lines": request.payload["lines"],
            "reason": request.payload["reason"],
            "grants": [],
            CONCERNS: request.payload[CONCERNS],
        },
        actor=ACCESS,
    )


def _promise_review(review: Request) -> Deadline:
    [deadline] = start_deadlines(
        [
            NewDeadline(
                kind=REVIEW_DEADLINE,
                subject=subject_of(review),
                title=review.title,
                started_at=timezone.now(),
                responsible=holders(Role.ADMINISTRATION_HEAD).first(),
                url=review.get_absolute_url(),
                **working_days(REVIEW_WITHIN_DAYS),
            )
        ],
        actor=ACCESS,
    )
    return deadline


def _finish_review(request: Request, *, at: datetime, actor: Actor) -> None:
    ids = deadlines_of([subject_of(request)]).filter(kind=REVIEW_DEADLINE).values_list("pk", flat=True)
    meet(list(ids), at=at, reason=request.title, actor=actor)


def _grants_in(request: Request) -> set[UUID]:
    return {UUID(grant_id) for grant_id in request.payload["grants"]}
