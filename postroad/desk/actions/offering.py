"""From tier to tier: offering another way to customers whom nobody answered, and what follows when they take it."""

from __future__ import annotations

import base64
from collections.abc import Collection
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from postroad.channels.models import Channel, Kind
from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations.models import Conversation
from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.chatting import mail_conversation, write_by_mail
from postroad.desk.actions.common import lock, tell
from postroad.desk.actions.promises import NewPromise
from postroad.desk.actions.state import DESK
from postroad.desk.events import Event
from postroad.desk.models import Case, CaseConversation, Offer, TierRule
from postroad.hotline.registry import OtherWay
from postroad.ledger.actions import record
from postroad.livechat import actions as livechat
from postroad.livechat import queries as chats
from postroad.livechat.offers import Offered
from postroad.org.personal import PersonalField, read
from postroad.platform.crypto import SubjectKeys
from postroad.platform.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from postroad.livechat.models import Visit
    from postroad.org.models import Person

OPEN_FOR = timedelta(days=1)
"""So long an offer can be taken; the case, of course, goes on."""
SALT = "postroad.desk.offer"
CODE_BYTES = 10
Way = Offer.Way
_FIELDS = ("enabled", "minutes", "offers", "text", "text_en")


@transaction.atomic
def change_tier_rule(*, channel: Channel, person: Person, **values: Any) -> TierRule:
    """Say what is offered, from now on, to those whom nobody answers on a channel; what was offered stays.

    Raises Invalid for a way that does not lead on from this channel.
    """
    if values.get("offers") and values["offers"] not in queries.next_tiers(channel):
        raise Invalid({"offers": _("From here that cannot be offered.")})
    if values.get("enabled") and not values.get("offers"):
        raise Invalid({"offers": _("Choose what is offered.")})
    rule, _made = TierRule.objects.select_for_update(no_key=True, of=("self",)).get_or_create(channel=channel)
    changed = [name for name in _FIELDS if name in values and getattr(rule, name) != values[name]]
    for name in changed:
        setattr(rule, name, values[name])
    if "enabled" in changed:
        rule.since = timezone.now() if rule.enabled else None
    if changed:
        rule.save()
        record(Event.TIER_RULE_CHANGED, actor=person.as_actor(), subject=channel, data={"fields": ", ".join(changed)})
    return rule


def offer_due() -> int:
    """Offer another way to everybody who has waited for as long as the rules say; returns how many offers were made."""
    now = timezone.now()
    return sum(
        _offer(case_id, rule, by_telephone=False) is not None
        for rule in queries.tier_rules_in_force()
        for case_id in queries.unanswered(rule, now=now)
    )


@transaction.atomic
def _offer(case_id: UUID, rule: TierRule, *, by_telephone: bool) -> Offer | None:
    """Make an offer that is due, unless it has been made meanwhile, or there is no way in which it could reach them."""
    channel = queries.tier_to_offer(rule)
    if channel is None:
        return None
    _lock_conversations(case_id)
    try:
        [case] = lock([Case(pk=case_id)])
    except Conflict:
        return None
    now = timezone.now()
    since = queries.unanswered(rule, now=now, among=[case_id]).get(case_id)
    if since is None:
        return None
    offer = Offer(case=case, rule=rule, channel=channel, ways=[], since=since, made_at=now, expires_at=now + OPEN_FOR)
    if rule.channel.kind == Kind.LIVE_CHAT:
        _put_into_chat(offer)
    else:
        offer.digest = sha256(_code(offer).encode()).digest() if channel.kind == Kind.LIVE_CHAT else None
        offer.ways = [Way.TELEPHONE.value] if by_telephone else []
        _mail(offer)
    if not offer.ways:
        return None
    offer.save(force_insert=True)
    data = {"channel": channel.key, "ways": ", ".join(offer.ways)}
    record(Event.OFFER_MADE, actor=DESK, subject=case, data=data)
    tell([case], case.assignee_id)
    return offer


def _lock_conversations(case_id: UUID) -> None:
    """Conversations before cases, as everywhere: else two could wait for each other."""
    within = Conversation.objects.filter(case_links__case=case_id, case_links__until_message_id__isnull=True)
    list(within.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _put_into_chat(offer: Offer) -> None:
    """Ask the visitor in the chat itself; who has gone and left an address is answered by mail anyway."""
    waiting = queries.chat_of(offer.case)
    if waiting is None or waiting.visit.left_at or waiting.by_mail:
        return
    livechat.offer_mail(visit=waiting.visit)
    offer.visit, offer.ways = waiting.visit, [Way.CHAT.value]


def _mail(offer: Offer) -> None:
    """Write to the address we know of the customer, from the mailbox of what is offered; they may answer that mail."""
    case, mailbox = offer.case, queries.mailbox_behind(offer.channel)
    contact = Case.objects.select_related("contact").get(pk=case.pk).contact
    address = read(contact, PersonalField.MAIL, keys=SubjectKeys([contact.pk])) if contact else ""
    if contact is None or mailbox is None or not address:
        return
    with translation.override(queries.language_of_contact(case)):
        parts = [_words(offer), _link_of(offer), _("You can also simply answer this mail.")]
        text = "\n\n".join(filter(None, parts))
        subject = _("Your call at %(time)s") % {"time": _time_of(offer)}
    message = write_by_mail(
        case,
        mail_conversation(case, mailbox),
        to=Recipient(RecipientRole.TO, contact.name, address),
        text=text,
        subject=subject,
    )
    offer.conversation, offer.ways = message.conversation, [Way.MAIL.value, *offer.ways]


def _words(offer: Offer) -> str:
    """What the offer says, in the active language: the rule's own words, else ours."""
    chinese, english = offer.rule.text, offer.rule.text_en
    if own := english if translation.get_language() == "en" else chinese:
        return own
    called = {"time": _time_of(offer), "address": offer.channel.address}
    if offer.channel.kind == Kind.LIVE_CHAT:
        return _("You called at %(time)s and nobody could answer. Somebody is there for you in our chat now:") % called
    return _("You called at %(time)s and nobody could answer. Write to us at %(address)s; we answer by mail.") % called


def _time_of(offer: Offer) -> str:
    return date_format(timezone.localtime(offer.since), "H:i")


def _code(offer: Offer) -> str:
    """The secret in the offer's link. Made from its key, so that it is kept nowhere and can be said again."""
    made = salted_hmac(SALT, offer.pk.hex, algorithm="sha256").digest()[:CODE_BYTES]
    return base64.b32encode(made).decode()


def _link_of(offer: Offer) -> str:
    if offer.digest is None:
        return ""
    # Behind the hash: it reaches no server's log, and a scanner that follows links takes nothing.
    return f"{settings.URL}{reverse('chat:page', args=[offer.channel.key])}#postroad-offer={_code(offer)}"


def offer_other_way(conversation_ids: Collection[UUID]) -> dict[UUID, OtherWay]:
    """What to tell the callers of these conversations through the telephone system; see `hotline.registry`."""
    cases = queries.cases_in(conversation_ids)
    rules = queries.tier_rules_in_force({case.channel for case in cases.values()})
    now = timezone.now()
    for rule in rules:
        among = [case.pk for case in cases.values() if case.channel_id == rule.channel_id]
        for case_id in queries.unanswered(rule, now=now, among=among):
            _offer(case_id, rule, by_telephone=True)
    standing = Offer.objects.filter(case__in=cases.values(), taken_at__isnull=True, expires_at__gt=now)
    ways: dict[UUID, OtherWay] = {}
    for offer in standing.select_related("case", "channel", "rule"):
        if Way.TELEPHONE not in offer.ways:
            offer.ways.append(Way.TELEPHONE.value)
            offer.save(update_fields=["ways"])
        with translation.override(queries.language_of_contact(offer.case)):
            link = _link_of(offer)
            way = OtherWay(f"{_words(offer)} {link}".rstrip(), link, offer.expires_at)
        ways |= {one: way for one, case in cases.items() if case.pk == offer.case_id}
    return ways


class ChatOffers:
    """The desk as live chat knows it; see `livechat.offers.Offers`."""

    def offered(self, channel: Channel, code: str) -> Offered:
        digest = sha256(code.strip().upper().encode()).digest()
        found = Offer.objects.select_for_update(no_key=True, of=("self",)).filter(digest=digest, channel=channel)
        offer = found.select_related("visit", "case__contact").first()
        if offer is None or timezone.now() >= offer.expires_at:
            raise NotFound(_("This link does not open a chat any more."))
        contact = offer.case.contact
        return Offered(
            offer=offer,
            about=_("About my call at %(time)s") % {"time": _time_of(offer)},
            name=contact.name if contact else "",
            mail=read(contact, PersonalField.MAIL, keys=SubjectKeys([contact.pk])) if contact else "",
            contact=contact,
            visit=offer.visit,
        )

    def taken(self, offered: Offered, visit: Visit) -> None:
        """The chat is filed with the case; its own promise begins with what the customer writes there."""
        offer: Offer = offered.offer
        assert visit.conversation_id
        CaseConversation.objects.create(
            case=queries.case_of_offer(offer),
            conversation_id=visit.conversation_id,
            first_message_id=chats.first_message_of(visit),
        )
        offer.visit, offer.conversation_id = visit, visit.conversation_id
        offer.save(update_fields=["visit", "conversation"])

    def left(self, visit: Visit) -> None:
        """The customer wants the answer by mail: that is promised, too, from now on."""
        offer = Offer.objects.filter(visit=visit, ways=[Way.CHAT.value], taken_at__isnull=True).first()
        if offer is None:
            return
        [case] = lock([queries.case_of_offer(offer)])
        now = timezone.now()
        Offer.objects.filter(pk=offer.pk).update(taken_at=now)
        mailbox = Channel.objects.get(pk=offer.channel_id)
        new = NewPromise(case, mailbox, queries.first_promise(mailbox), now, _("the customer took our offer"))
        if new.promise not in queries.owed_on([case])[case.pk]:
            promises.start([new], actor=DESK)
            promises.refresh_due([case])
        record(Event.OFFER_TAKEN, actor=DESK, subject=case, data={"channel": mailbox.key})
        tell([case], case.assignee_id)
