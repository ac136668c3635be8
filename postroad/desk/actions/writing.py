"""How mail is written: signatures, the addresses a team writes from, and what a channel says by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.conversations.sanitise import sanitised
from postroad.desk import queries
from postroad.desk.events import Event
from postroad.desk.models import MailRules, SenderAddress, Signature
from postroad.ledger.actions import record
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person

TEXTS = ("text", "text_en", "html", "html_en")


@transaction.atomic
def save_signature(
    *,
    owner: Person | None,
    channel: Channel | None,
    text: str,
    text_en: str,
    html: str,
    html_en: str,
    person: Person,
) -> Signature | None:
    """Write the signature of `owner` (None: of the channel), on one channel or everywhere; an empty one is removed.

    What could run in a formatted one is taken out. Raises Invalid for a format that says nothing, or one without the
    plain text that goes along with it.
    """
    given = {
        "text": text.strip(),
        "text_en": text_en.strip(),
        "html": _clean("html", html),
        "html_en": _clean("html_en", html_en),
    }
    if (given["html"] or given["html_en"]) and not (given["text"] or given["text_en"]):
        raise Invalid({"text": _("Write it plain as well: not every mail program shows formatted text.")})
    known = Signature.objects.filter(person=owner, channel=channel)
    signature = None
    if any(given.values()):
        signature, _created = known.select_for_update(no_key=True, of=("self",)).update_or_create(
            person=owner, channel=channel, defaults=given
        )
    elif not known.delete()[0]:
        return None
    subject: Any = owner or channel
    record(Event.SIGNATURE_SAVED, actor=person.as_actor(), subject=subject)
    return signature


@transaction.atomic
def change_mail_rules(
    *, channel: Channel, undo_seconds: int, away_reply: bool, away_text: str, away_text_en: str, person: Person
) -> MailRules:
    """Say how long replies can be taken back, and what is said outside working hours."""
    rules, _created = MailRules.objects.select_for_update(no_key=True, of=("self",)).get_or_create(channel=channel)
    wanted = {
        "undo_seconds": undo_seconds,
        "away_reply": away_reply,
        "away_text": away_text.strip(),
        "away_text_en": away_text_en.strip(),
    }
    changed = [name for name, value in wanted.items() if getattr(rules, name) != value]
    for name in changed:
        setattr(rules, name, wanted[name])
    if changed:
        rules.save(update_fields=changed)
        data = {"fields": ", ".join(changed)}
        record(Event.MAIL_RULES_CHANGED, actor=person.as_actor(), subject=channel, data=data)
    return rules


@transaction.atomic
def add_sender(*, channel: Channel, address: str, name: str, answers_here: bool, person: Person) -> SenderAddress:
    """Let the channel's team write from a further address.

    Raises Invalid for one that is neither in the channel's own domain nor registered as a channel's: who receives it
    could not tell it from a forged one. An address that is another channel's never has its answers here.
    """
    address = address.strip().lower()
    if address == channel.address.lower():
        raise Invalid({"address": _("The team writes from this address already: it is the channel's own.")})
    if not queries.is_ours(channel, address):
        raise Invalid({"address": _("Only addresses of the channel's own domain, or registered ones, can be used.")})
    if SenderAddress.objects.filter(channel=channel, address__iexact=address).exists():
        raise Invalid({"address": _("The team writes from this address already.")})
    elsewhere = queries.is_another_channels(channel, address)
    added = SenderAddress.objects.create(
        channel=channel, address=address, name=name.strip(), answers_here=answers_here and not elsewhere
    )
    record(Event.SENDER_ADDED, actor=person.as_actor(), subject=channel, data={"address": address})
    return added


@transaction.atomic
def remove_sender(*, sender: SenderAddress, person: Person) -> None:
    """The team writes from it no longer; what waits to be sent from it is held back when its moment comes."""
    deleted, _what = SenderAddress.objects.filter(pk=sender.pk).delete()
    if not deleted:
        raise Conflict(_("This address has been removed already."))
    record(Event.SENDER_REMOVED, actor=person.as_actor(), subject=sender.channel, data={"address": sender.address})


def _clean(field: str, html: str) -> str:
    if not html.strip():
        return ""
    clean = sanitised(html)
    if not (clean or "").strip():
        raise Invalid({field: _("Nothing of this can be shown in a mail.")})
    return (clean or "").strip()
