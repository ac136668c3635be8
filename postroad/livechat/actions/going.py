"""A chat that goes on elsewhere: on another device by a link, or by mail when the visitor leaves."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.ledger.actions import record
from postroad.livechat import tokens
from postroad.livechat.actions.starting import VISITOR, another_key, contact_of, well_formed_mail
from postroad.livechat.events import Event
from postroad.livechat.models import Visit
from postroad.livechat.offers import offers
from postroad.platform import realtime
from postroad.platform.errors import Invalid, NotFound


def make_link(*, visit: Visit) -> str:
    """A word that opens this chat in another browser, for a week."""
    return tokens.link_to(visit.pk)


@transaction.atomic
def resume(*, channel_key: str, link: str) -> tuple[Visit, str]:
    """Open a chat by its link; returns it and a token of its own. Raises NotFound for one that opens nothing here."""
    visit_id = tokens.visit_of(link)
    found = Visit.objects.select_related("channel").filter(channel__key=channel_key)
    visit = found.filter(pk=visit_id).first() if visit_id else None
    if visit is None:
        raise NotFound(_("This link does not open a chat any more."))
    return visit, another_key(visit)


@transaction.atomic
def leave(*, visit: Visit, mail: str = "") -> Visit:
    """The visitor goes; what is still answered goes by mail, if there is an address.

    An address that was given before is replaced, unless the embedding site vouched for it.
    Raises Invalid for what is no mail address.
    """
    mail = mail.strip().lower()
    if mail and not well_formed_mail(mail):
        raise Invalid({"mail": _("This is not a mail address.")})
    visit = Visit.objects.select_for_update(no_key=True, of=("self",)).get(pk=visit.pk)
    if mail and not (visit.identity and visit.has_mail):
        visit.set_mail(mail, contact=contact_of(mail, name=visit.name))
    if not visit.has_mail:
        raise Invalid({"mail": _("Please leave a mail address, so that we can answer.")})
    visit.left_at, visit.typing_until = timezone.now(), None
    visit.save(update_fields=["contact", "sealed_mail", "left_at", "typing_until"])
    record(Event.CHAT_LEFT, actor=VISITOR, subject=visit)
    if visit.mail_offered_at and (keeper := offers()):
        keeper.left(visit)
    realtime.publish(visit.topic)
    return visit


@transaction.atomic
def offer_mail(*, visit: Visit) -> None:
    """Let the visitor, whom nobody has answered, be asked in the chat whether they want the answer by mail."""
    Visit.objects.filter(pk=visit.pk).update(mail_offered_at=timezone.now())
    realtime.publish(visit.topic)
