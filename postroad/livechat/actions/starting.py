"""A visitor begins a chat: says who they are, and agrees to the purpose for which it is kept."""

from __future__ import annotations

from hashlib import sha256

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.models import Channel
from postroad.channels.protocol import AutoKind, IncomingMessage, Receipt, deliver
from postroad.conversations.models import Message
from postroad.ledger.actions import record
from postroad.livechat import identity, texts, tokens
from postroad.livechat.events import Event
from postroad.livechat.models import ChatSettings, Visit, VisitorKey
from postroad.livechat.offers import Offered, offers
from postroad.org.actions import match_contacts
from postroad.org.models import Contact
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid, NotFound
from postroad.platform.language import in_english

VISITOR = Actor.system("visitor")
LONGEST_NAME, LONGEST_MAIL, LONGEST_PAGE = 80, 254, 500


@transaction.atomic
def start(
    *,
    channel: Channel,
    name: str,
    mail: str = "",
    agreed: bool,
    needs_mail: bool = False,
    signed_identity: str = "",
    page: str = "",
    offer: str = "",
    actor: Actor = VISITOR,
) -> tuple[Visit, str]:
    """Open a chat for a visitor; returns it and the token that lets its browser back in, which is kept nowhere.

    `needs_mail`: nobody is there, so an answer needs an address. A valid signed identity stands in for what it says,
    and so does `offer`, the code of a link that offered this chat; a second browser with it opens the same chat.

    Raises Conflict while the chat is not in service, Invalid with the fields that are wrong, NotFound for an offer that
    is over.
    """
    if not channel.is_live:
        raise Conflict(_("This chat is not in service."))
    settings = texts.settings_of(channel)
    known = identity.read(signed_identity, secret=settings.identity_secret) if signed_identity else None
    offered = _offered(channel, offer) if offer else None
    if offered and offered.visit:
        return offered.visit, another_key(offered.visit)
    name = ((offered.name if offered else "") or (known.name if known else "") or name).strip()
    mail = ((offered.mail if offered else "") or (known.mail if known else "") or mail).strip().lower()
    wants_mail = needs_mail or settings.mail == ChatSettings.Mail.REQUIRED
    _require_well_given(name=name, mail=mail, wants_mail=wants_mail, agreed=agreed)
    now = timezone.now()
    visit = Visit(
        channel=channel,
        name=name,
        identity=known.id if known else "",
        language="en" if in_english() else "zh-hans",
        page=page[:LONGEST_PAGE],
        consent_text=texts.consent(settings),
        consented_at=now,
        started_at=now,
        seen_at=now,
    )
    if offered and offered.contact:
        visit.contact = offered.contact
    if mail:
        visit.set_mail(mail, contact=visit.contact or contact_of(mail, name=name))
    visit.save(force_insert=True)
    record(Event.CHAT_STARTED, actor=actor, subject=visit, data={"channel": channel.key})
    if offered:
        _take(offered, visit)
    return visit, new_key(visit)


@transaction.atomic
def open_offer(*, channel: Channel, code: str) -> tuple[Offered, str]:
    """What is behind the link of an offer, and a token of its own where the chat has been opened already, else "".

    Raises NotFound for an offer that is over.
    """
    offered = _offered(channel, code)
    return offered, another_key(offered.visit) if offered.visit else ""


def _offered(channel: Channel, code: str) -> Offered:
    keeper = offers()
    if keeper is None:
        raise NotFound(_("This link does not open a chat any more."))
    return keeper.offered(channel, code)


def _take(offered: Offered, visit: Visit) -> None:
    """The chat begins with what it goes on from, so that its conversation is there to be filed with the matter."""
    receipt = _say_first(visit, offered.about)
    assert receipt.message_id
    message = Message.objects.only("conversation_id").get(pk=receipt.message_id)
    visit.conversation_id, visit.thread_id = message.conversation_id, receipt.external_id
    visit.save(update_fields=["conversation", "thread_id"])
    keeper = offers()
    assert keeper
    keeper.taken(offered, visit)


def _say_first(visit: Visit, text: str) -> Receipt:
    """A line of record in the visitor's name; it opens no case and asks for no answer."""
    external_id = f"{visit.pk.hex}/begun"
    [receipt] = deliver(
        [
            IncomingMessage(
                channel_id=visit.channel_id,
                external_id=external_id,
                content_digest=sha256(external_id.encode()).hexdigest(),
                sender_name=visit.name,
                sender_address=visit.mail,
                sender_contact_id=visit.contact_id,
                received_at=visit.started_at,
                sent_at=visit.started_at,
                raw=text.encode(),
                subject=text,
                text=text,
                reply_text=text,
                auto=AutoKind.RECORD,
            )
        ]
    )
    return receipt


def another_key(visit: Visit) -> str:
    """A token for a chat that is opened in a further browser."""
    record(Event.CHAT_RESUMED, actor=VISITOR, subject=visit)
    return new_key(visit)


def new_key(visit: Visit) -> str:
    """A further token for a chat."""
    token = tokens.new_token()
    expires_at = timezone.now() + tokens.KEY_KEPT
    VisitorKey.objects.create(visit=visit, token_hash=tokens.hash_of(token), expires_at=expires_at)
    return token


def contact_of(mail: str, *, name: str) -> Contact:
    """Who has this address; somebody new becomes a contact, as a writer of mail does."""
    return match_contacts([(name, mail)])[mail]


def well_formed_mail(mail: str) -> bool:
    try:
        validate_email(mail)
    except ValidationError:
        return False
    return len(mail) <= LONGEST_MAIL


def _require_well_given(*, name: str, mail: str, wants_mail: bool, agreed: bool) -> None:
    wrong = {}
    if not name:
        wrong["name"] = _("Please tell us your name.")
    elif len(name) > LONGEST_NAME:
        wrong["name"] = _("At most %(count)s characters.") % {"count": LONGEST_NAME}
    if mail and not well_formed_mail(mail):
        wrong["mail"] = _("This is not a mail address.")
    elif wants_mail and not mail:
        wrong["mail"] = _("Please leave a mail address, so that we can answer.")
    if not agreed:
        wrong["agreed"] = _("We may only keep your question if you agree.")
    if wrong:
        raise Invalid(wrong)
