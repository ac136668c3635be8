"""The mails that remind owners of their sheets. Nothing is sent inside a transaction."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from postroad.access.models import RecertificationSheet
from postroad.clock.models import Deadline
from postroad.org.models import Person
from postroad.org.personal import PersonalField, read
from postroad.platform.crypto import SubjectKeys
from postroad.platform.network import not_in_a_transaction


def remind_of_sheets() -> int:
    """Write to everybody whose open sheet was warned of and not written about since; returns how many mails went.

    Raises ExceptionGroup after the others if some mails could not be sent.
    """
    letters = [(sheet, mail) for sheet in _to_remind() if (mail := _letter(sheet, _asked(sheet)))]
    not_in_a_transaction()
    errors = []
    with get_connection() as connection:
        for sheet, letter in letters:
            letter.connection = connection
            try:
                letter.send()
            except OSError as error:
                errors.append(error)
                continue
            RecertificationSheet.objects.filter(pk=sheet.pk).update(reminders=_warnings(sheet))
    if errors:
        raise ExceptionGroup("some owners could not be reminded", errors)
    return len(letters)


def _to_remind() -> list[RecertificationSheet]:
    related = ("channel", "recertification", "owner", "escalated_to", "deadline", "last_deadline")
    found = RecertificationSheet.objects.filter(closed_at__isnull=True).select_related(*related)
    return [sheet for sheet in found if _warnings(sheet) > sheet.reminders]


def _warnings(sheet: RecertificationSheet) -> int:
    """How often its promises were warned of so far."""
    last = sheet.last_deadline
    return sheet.deadline.warnings + (last.warnings if last else 0)


def _asked(sheet: RecertificationSheet) -> Person | None:
    return sheet.escalated_to if sheet.escalated_at else sheet.owner


def _letter(sheet: RecertificationSheet, person: Person | None) -> EmailMessage | None:
    address = read(person, PersonalField.MAIL, keys=SubjectKeys([person.pk])) if person else ""
    if person is None or not address:
        return None
    promise: Deadline = sheet.last_deadline or sheet.deadline
    with translation.override(person.language):
        context = {
            "sheet": sheet,
            "person": person,
            "due_at": promise.due_at,
            "left": sheet.items.filter(decision="", grant__ended_at__isnull=True).count(),
            "url": settings.URL + sheet.get_absolute_url(),
        }
        subject = _("Please confirm the grants of %(channel)s") % {"channel": sheet.channel}
        text = render_to_string("access/mail_remind.txt", context)
    return EmailMessage(" ".join(subject.split()), text, to=[address])
