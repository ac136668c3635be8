"""The mails of approvals: asking approvers, with a link each to decide by, and telling applicants the outcome.

Nothing is sent inside a transaction: links are made and committed, then mails go out one by one, and each is noted
as sent. A job that dies in between sends the rest when it runs again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from postroad.approvals.approvers import active_people, barred_from, delegates_of
from postroad.approvals.links import hash_of
from postroad.approvals.models import Assignment, MailLink, Request, Step
from postroad.org.models import Person
from postroad.org.personal import PersonalField, read
from postroad.platform.crypto import SubjectKeys
from postroad.platform.network import not_in_a_transaction

LINK_HOLDS = timedelta(hours=72)
IN_FLIGHT = timedelta(minutes=5)
"""How long a mail not noted as sent may still be on its way from another worker."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to go; ``link`` is what notes that it went."""

    address: str
    subject: str
    text: str
    link: MailLink


def ask_approvers(*, step_id: UUID) -> int:
    """Write to everybody who can decide a step and has not been written to since the last reminder; returns how many.

    Raises ExceptionGroup after the others if some mails could not be sent.
    """
    letters = _letters(step_id)
    not_in_a_transaction()
    errors = []
    with get_connection() as connection:
        for letter in letters:
            try:
                EmailMessage(letter.subject, letter.text, to=[letter.address], connection=connection).send()
            except OSError as error:
                errors.append(error)
                continue
            MailLink.objects.filter(pk=letter.link.pk).update(sent_at=timezone.now())
    if errors:
        raise ExceptionGroup("some approvers could not be written to", errors)
    return len(letters)


def tell_applicant(*, request_id: UUID) -> None:
    """Write to the applicant what became of the request, if it is decided or returned."""
    request = Request.objects.select_related("applicant").get(pk=request_id)
    told = {Request.State.APPROVED, Request.State.REJECTED, Request.State.RETURNED}
    address = _addresses([request.applicant]).get(request.applicant_id)
    if request.state not in told or not address:
        return
    last = (
        Assignment.objects.filter(step__request=request, decided_by__isnull=False)
        .select_related("decided_by")
        .order_by("decided_at")
        .last()
    )
    with translation.override(request.applicant.language):
        context = {"approval": request, "last": last, "url": settings.URL + request.get_absolute_url()}
        subject = _("%(title)s: %(state)s") % {"title": request.title, "state": request.get_state_display()}
        text = render_to_string("approvals/mail_outcome.txt", context)
    not_in_a_transaction()
    EmailMessage(_one_line(subject), text, to=[address]).send()


@transaction.atomic
def _letters(step_id: UUID) -> list[Letter]:
    """Make the links of one round of mails; the request's row is locked so that two workers do not make them twice.

    Not the step's: a decision locks the request first, too, and would wait crosswise for a link's reference.
    """
    list(Request.objects.select_for_update(no_key=True, of=("self",)).filter(steps=step_id).values_list("pk"))
    step = Step.objects.filter(pk=step_id, state=Step.State.OPEN).first()
    if step is None:
        return []
    occasion = f"asked-{step.reminders}"
    known = {(link.assignment_id, link.person_id) for link in _kept_links(step, occasion=occasion)}
    wanted = [(one, person) for one, person in _recipients(step) if (one.pk, person.pk) not in known]
    addresses = _addresses([person for _one, person in wanted])
    return [
        _letter(assignment, person, occasion=occasion, address=addresses[person.pk])
        for assignment, person in wanted
        if person.pk in addresses
    ]


def _kept_links(step: Step, *, occasion: str) -> list[MailLink]:
    """Links already sent, or on their way; those of a worker that died are removed, since nobody has their token."""
    links = MailLink.objects.filter(assignment__step=step, occasion=occasion)
    links.filter(sent_at=None, created_at__lt=timezone.now() - IN_FLIGHT).delete()
    return list(links)


def _recipients(step: Step) -> Iterator[tuple[Assignment, Person]]:
    """Everybody who can decide the step now, each once: for themselves, else for whom they stand in."""
    asked = step.assignments.filter(state=Assignment.State.WAITING)
    waiting = list(asked.select_related("person", "step__request__applicant"))
    delegates = delegates_of([assignment.person for assignment in waiting])
    seen = set(step.assignments.filter(decided_by__isnull=False).values_list("decided_by", flat=True))
    seen.update(person.pk for person in barred_from(step.request.applicant, step.request.payload))
    own = [(assignment, assignment.person) for assignment in waiting]
    in_place = [(one, person) for one in waiting for person in delegates.get(one.person_id, ())]
    active = set(
        active_people().filter(pk__in=[person.pk for _one, person in own + in_place]).values_list("pk", flat=True)
    )
    for assignment, person in own + in_place:
        if person.pk in active and person.pk not in seen:
            seen.add(person.pk)
            yield assignment, person


def _letter(assignment: Assignment, person: Person, *, occasion: str, address: str) -> Letter:
    token = secrets.token_urlsafe(32)
    reminder = MailLink.objects.filter(assignment=assignment, person=person).exists()
    link = MailLink.objects.create(
        assignment=assignment,
        person=person,
        occasion=occasion,
        token_hash=hash_of(token),
        expires_at=timezone.now() + LINK_HOLDS,
    )
    request = assignment.step.request
    with translation.override(person.language):
        form = _("Reminder: please decide “%(title)s”") if reminder else _("Please decide “%(title)s”")
        context = {
            "approval": request,
            "assignment": assignment,
            "person": person,
            "in_place": assignment.person if assignment.person_id != person.pk else None,
            "decide_url": settings.URL + reverse("approvals:link", kwargs={"token": token}),
            "url": settings.URL + request.get_absolute_url(),
            "hours": LINK_HOLDS // timedelta(hours=1),
        }
        text = render_to_string("approvals/mail_ask.txt", context)
        return Letter(address, _one_line(form % {"title": request.title}), text, link)


def _addresses(people: list[Person]) -> dict[UUID, str]:
    keys = SubjectKeys(person.pk for person in people)
    found = {person.pk: read(person, PersonalField.MAIL, keys=keys) for person in people}
    return {person_id: address for person_id, address in found.items() if address}


def _one_line(subject: str) -> str:
    return " ".join(subject.split())
