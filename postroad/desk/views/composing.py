"""What the composer shows: the reply somebody has begun, or the one they could begin."""

from __future__ import annotations

from typing import Any

from postroad.desk import queries
from postroad.desk.addresses import line
from postroad.desk.mailforms import SendForm, moments, sender_options
from postroad.desk.models import Case, Draft
from postroad.org.models import Person
from postroad.platform.ids import new_id


def composer(case: Case, *, person: Person) -> dict[str, Any]:
    """The reply form with what it offers: addresses to write from, the signature, moments to send at."""
    draft = queries.open_draft(case, person)
    conversation = queries.conversation_to_answer(case)
    channel = conversation.channel if conversation else case.channel
    answered = queries.message_to_answer(case, conversation) if conversation else None
    senders = queries.senders_of(channel)
    usual = queries.sender_to_use(senders, chosen="", answered=answered).address
    language = queries.language_for(case, answered)
    preview = queries.signed("", case, channel=channel, person=person, language=language, address=usual)
    return {
        "draft": draft,
        "reply_form": SendForm(initial=_begun(case, draft)),
        "senders": sender_options(senders, writer=person),
        "chosen_sender": (draft.sender if draft else "") or usual,
        "signature": "" if queries.is_direct(conversation) else preview.text.strip(),
        "signature_is_formatted": preview.html is not None,
        "moments": moments(queries.openings(channel)),
    }


def _begun(case: Case, draft: Draft | None) -> dict[str, Any]:
    if draft is None:
        return {"key": new_id()} | _addressees(case)
    names = ("sender", "to", "cc", "bcc", "subject", "text", "key")
    begun = {name: getattr(draft, name) for name in names} | {"unsigned": not draft.signed}
    # What a macro or a file from the archive began has no addressees yet.
    return begun if draft.to or draft.cc or draft.bcc else begun | _addressees(case)


def _addressees(case: Case) -> dict[str, str]:
    to, cc = queries.default_recipients(case)
    return {"to": line(to), "cc": line(cc)}
