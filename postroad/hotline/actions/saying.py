"""What the history of conversations says of a call, in the company's language, whoever told of the call. The number
stands there masked: a message is never changed.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from postroad.channels.protocol import AutoKind, IncomingMessage, Receipt, deliver
from postroad.hotline.models import Call
from postroad.org.models import Person
from postroad.platform.ids import new_id
from postroad.platform.language import company_language

What = Literal["missed", "voicemail", "answered", "called"]
SPOKEN: frozenset[What] = frozenset({"answered", "called"})


def say(call: Call, what: What, *, thread_id: str = "", caller: Person | None = None) -> Receipt:
    """Put a call into the history, once for each `what`; a missed one or a voicemail opens or continues a case.

    `caller` is who of ours called, where it was not the customer.
    """
    external_id = f"{call.pk}/{what}"
    with company_language():
        subject, text = _words(call, what)
    contact = call.caller.contact if call.caller else None
    [receipt] = deliver(
        [
            IncomingMessage(
                channel_id=call.channel_id,
                external_id=external_id,
                # The call may be told anew with another ending: it is still the same message.
                content_digest=sha256(external_id.encode()).hexdigest(),
                sender_name=caller.name if caller else contact.name if contact else str(call.caller or ""),
                sender_address="",
                sender_contact_id=contact.pk if contact else None,
                sender_person_id=caller.pk if caller else None,
                received_at=_when(call, what),
                sent_at=call.started_at,
                raw=_facts(call, what),
                thread_ids=(thread_id,) if thread_id else (),
                subject=subject,
                text=text,
                reply_text=text,
                auto=AutoKind.RECORD if what in SPOKEN else None,
            )
        ]
    )
    return receipt


def note_down(call: Call, *, text: str, person: Person) -> Receipt:
    """Put what was said in an answered call into the history, in the words of who answered; it opens a case."""
    contact = call.caller.contact if call.caller else None
    external_id = f"{call.pk}/note/{new_id()}"
    [receipt] = deliver(
        [
            IncomingMessage(
                channel_id=call.channel_id,
                external_id=external_id,
                content_digest=sha256(external_id.encode()).hexdigest(),
                sender_name=person.name,
                sender_address="",
                sender_person_id=person.pk,
                sender_contact_id=contact.pk if contact else None,
                received_at=timezone.now(),
                raw=text.encode(),
                thread_ids=(f"{call.pk}/answered",),
                subject=text.splitlines()[0][:200],
                text=text,
                reply_text=text,
            )
        ]
    )
    return receipt


def _when(call: Call, what: What) -> datetime:
    return call.answered_at or call.started_at if what in SPOKEN else call.missed_at


def _words(call: Call, what: What) -> tuple[str, str]:
    number = {"number": str(call.caller or _("withheld number"))}
    rang = int(call.waited.total_seconds()) if call.waited is not None else 0
    waited = ngettext("It rang for %(count)s second.", "It rang for %(count)s seconds.", rang) % {"count": rang}
    if what == "missed":
        unanswered = _("Nobody answered.")
        return _("Missed call from %(number)s") % number, _one_after_another(waited, unanswered)
    if what == "voicemail":
        length = call.voicemail_seconds or 0
        left = ngettext("Voicemail of %(count)s second.", "Voicemail of %(count)s seconds.", length)
        return _("Voicemail from %(number)s") % number, _one_after_another(waited, left % {"count": length})
    minutes, seconds = divmod(int(call.spoken.total_seconds()) if call.spoken else 0, 60)
    spoken = _("Spoken for %(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds}
    ours = {"person": call.agent or _("nobody known"), "extension": call.extension or "–"}
    by_whom = (
        _("called by %(person)s at extension %(extension)s")
        if what == "called"
        else _("by %(person)s at extension %(extension)s")
    )
    who = by_whom % ours
    told = _one_after_another(waited, _("%(spoken)s, %(who)s.") % {"spoken": spoken, "who": who})
    if what == "called":
        return _("Call to %(number)s") % number, told
    return _("Answered call from %(number)s") % number, told


def _one_after_another(first: str, second: str) -> str:
    """Two sentences, with or without a space between them, as the language has it."""
    return pgettext("two sentences", "%(first)s %(second)s") % {"first": first, "second": second}


def _facts(call: Call, what: What) -> bytes:
    """The original of the message: what the telephone system's events came to, without the number."""
    facts = {
        "call": call.external_id,
        "what": what,
        "started_at": call.started_at.isoformat(),
        "answered_at": call.answered_at.isoformat() if call.answered_at else None,
        "ended_at": call.ended_at.isoformat() if call.ended_at else None,
        "rung": call.rung,
        "extension": call.extension,
        "voicemail_seconds": call.voicemail_seconds,
    }
    return json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()
