"""Applications and grants for tests, made by the actions that people use. Other packages' tests use them too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from postroad.access import actions, queries
from postroad.access.grantees import Grantee
from postroad.access.lines import Line, LineAction
from postroad.access.models import Grant
from postroad.approvals.models import Request
from postroad.approvals.tests.factories import approve, step_of
from postroad.channels.models import Channel
from postroad.channels.tests.factories import sign
from postroad.org.models import Department, Person, Post, today
from postroad.org.roles import Role

TOMORROW = timedelta(days=1)


def to(target: Person | Department | Role) -> Grantee:
    if isinstance(target, Person):
        return Grantee(person_id=target.pk)
    return Grantee(department_id=target.pk) if isinstance(target, Department) else Grantee(role=target)


def line(channel: Channel, target: Person | Department | Role | Grantee, **changes: Any) -> Line:
    """A line that grants `target` to post on a channel."""
    grantee = target if isinstance(target, Grantee) else to(target)
    given: dict[str, Any] = {"permission": "post", "content": "发布通知", **changes}
    return Line(action=LineAction.ADD, channel_id=channel.pk, grantee=grantee, **given)


def apply_for(applicant: Person, *lines: Line, urgent: bool = False) -> Request:
    return actions.apply_for(
        lines=lines, reason="工作需要", applicant=applicant, actor=applicant.as_actor(), urgent=urgent
    )


def granted(company: Any, channel: Channel, target: Person | Department | Role | Grantee, **changes: Any) -> Grant:
    """A grant with both signatures."""
    request = apply_for(company.owner, line(channel, target, **changes))
    sign(company, request)
    return Grant.objects.get(request=request)


def emergency(company: Any, channel: Channel, target: Person) -> tuple[Grant, Request]:
    """An emergency grant on the word of the head of Administration, and the review that was asked for."""
    request = apply_for(company.owner, line(channel, target), urgent=True)
    approve(request, company.administration_head)
    review = Request.objects.get(kind="access.review", subject_id=str(request.pk))
    return Grant.objects.get(request=request), review


def change(grant: Grant, **changes: Any) -> Line:
    from dataclasses import replace

    return replace(queries.line_about(grant, LineAction.CHANGE), **changes)


def end(grant: Grant) -> Line:
    return queries.line_about(grant, LineAction.END)


def leave(person: Person, *, last_day: Any) -> None:
    Person.objects.filter(pk=person.pk).update(left_on=last_day)


def hold(person: Person, role: Role, department: Department | None = None) -> None:
    Post.objects.create(person=person, role=role, department=department, starts_on=today())


__all__ = [
    "apply_for",
    "approve",
    "change",
    "emergency",
    "end",
    "granted",
    "hold",
    "leave",
    "line",
    "sign",
    "step_of",
    "to",
]
