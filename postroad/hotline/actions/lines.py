"""Connecting a telephone system: its secret, who sits where, and what is refused."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.hotline import queries
from postroad.hotline.events import Event
from postroad.hotline.models import Extension, Line
from postroad.hotline.signing import Reason
from postroad.ledger.actions import record
from postroad.org.models import today
from postroad.platform import crypto
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person
    from postroad.platform.actors import Actor

OVERLAP = timedelta(hours=24)
SECRET_BYTES = 32


@transaction.atomic
def change_secret(*, channel: Channel, at_once: bool, actor: Actor) -> str:
    """Make a new secret for a hotline and return it, the only time it is shown.

    The one before counts for another day, so that the telephone system can be changed without a gap; `at_once` ends it
    now, for one that has become known.
    """
    secret, now = secrets.token_urlsafe(SECRET_BYTES), timezone.now()
    line = Line.objects.select_for_update(no_key=True, of=("self",)).filter(channel=channel).first()
    created = line is None
    line = line or Line(channel=channel)
    keeps_previous = not created and not at_once
    if keeps_previous:
        [previous, *_older] = queries.secrets_of(line, now=now)
        line.sealed_previous = crypto.seal(previous, context=queries.secret_context(line, "previous"))
    else:
        line.sealed_previous = None
    line.previous_until = now + OVERLAP if keeps_previous else None
    line.sealed_secret = crypto.seal(secret.encode(), context=queries.secret_context(line, "secret"))
    line.secret_since = now
    line.save(force_insert=created)
    record(Event.SECRET_CHANGED, actor=actor, subject=channel, data={"at_once": at_once})
    return secret


@transaction.atomic
def set_extension(*, channel: Channel, number: str, person: Person, actor: Actor) -> Extension:
    """Say who sits at an extension from now on; calls told earlier stay as they were told."""
    number = number.strip()
    if not number:
        raise Invalid({"number": _("Enter the extension as the telephone system names it.")})
    extension, _created = Extension.objects.update_or_create(
        channel=channel, number=number, defaults={"person": person}
    )
    data = {"number": number, "person": person.staff_no}
    record(Event.EXTENSION_SET, actor=actor, subject=channel, data=data)
    return extension


@transaction.atomic
def remove_extension(*, extension: Extension, actor: Actor) -> None:
    """Nobody sits there any more."""
    channel, number = extension.channel, extension.number
    extension.delete()
    record(Event.EXTENSION_REMOVED, actor=actor, subject=channel, data={"number": number})


def refuse(*, channel: Channel, reason: Reason) -> None:
    """Count a refused call of the hotline's address under the day and the reason; nothing else of it is kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO hotline_refusedevent AS kept (channel_id, day, reason, count, last_at)
            VALUES (%s, %s, %s, 1, now())
            ON CONFLICT (channel_id, day, reason) DO UPDATE SET count = kept.count + 1, last_at = now()
            """,
            [channel.pk, today(), reason.value],
        )


def heard(*, line: Line) -> None:
    """The telephone system has just told something."""
    Line.objects.filter(pk=line.pk).update(heard_at=timezone.now())
