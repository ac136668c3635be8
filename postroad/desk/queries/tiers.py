"""Which rules lead from tier to tier, whom they concern now, what was offered, and who else may be the same matter."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from postroad.channels.models import Audience, Channel, Kind, State
from postroad.clock.models import Deadline
from postroad.conversations.models import Conversation
from postroad.desk import signing
from postroad.desk.models import ACTIVE, TO_DO, Case, CaseConversation, Offer, TierRule
from postroad.desk.permissions import Sight
from postroad.desk.queries.promises import CASE_TYPE, first_promise
from postroad.livechat import queries as livechat
from postroad.livechat import texts
from postroad.platform.ids import id_floor

LATELY = timedelta(days=1)
"""Whom nobody has answered for longer is offered nothing any more: it would come out of the blue."""
SAME_SHOWN = 3
CLOCKS_DIFFER = timedelta(hours=1)


def tier_rule_of(channel: Channel) -> TierRule:
    """What is offered where nobody answers on a channel; nothing where nobody has said so. One query."""
    return TierRule.objects.filter(channel=channel).select_related("offers").first() or TierRule(channel=channel)


def tier_rules_in_force(channels: Collection[Channel] | None = None) -> list[TierRule]:
    """Of these channels, or of all. One query."""
    rules = TierRule.objects.filter(enabled=True).select_related("channel", "offers__chat_settings__mailbox")
    return list(rules if channels is None else rules.filter(channel__in=channels))


def next_tiers(channel: Channel) -> list[Channel]:
    """What can be offered to those whom nobody answers: after a hotline chat and mail, after a chat its mailbox."""
    if channel.kind == Kind.LIVE_CHAT:
        mailbox = texts.settings_of(channel).mailbox
        return [mailbox] if mailbox else []
    if channel.kind != Kind.HOTLINE:
        return []
    # One that is not in service yet may be named already; it is offered once it is.
    served = Channel.objects.filter(kind__in=(Kind.LIVE_CHAT, Kind.MAILBOX), state__in=(State.APPROVED, State.LIVE))
    return list(served.exclude(audience=Audience.INTERNAL).order_by("kind", "name"))


def tier_to_offer(rule: TierRule) -> Channel | None:
    """What the rule offers just now: a chat where nobody is there is left out, and the tier after it comes instead."""
    wanted = rule.offers
    if wanted is None or wanted.kind != Kind.LIVE_CHAT or livechat.standing_of(wanted).is_attended:
        return wanted if wanted and wanted.is_live else None
    mailbox = mailbox_behind(wanted)
    return mailbox if mailbox and mailbox != rule.channel else None


def mailbox_behind(channel: Channel) -> Channel | None:
    """The mailbox in service that speaks for a channel by mail: itself, or that of a chat."""
    mailbox = channel if channel.kind == Kind.MAILBOX else texts.settings_of(channel).mailbox
    return mailbox if mailbox and mailbox.is_live else None


def unanswered(rule: TierRule, *, now: datetime, among: Collection[UUID] | None = None) -> dict[UUID, datetime]:
    """The cases on which a rule is due, and since when: what its channel promised first has not been done for so long.

    `among` narrows it to these cases. What was offered before a case was merged away counts. Two queries.
    """
    earliest = max(rule.since or now, now - LATELY - rule.after)
    owed = Deadline.objects.filter(
        # Keys carry the moment they were made: the old ones are not even looked at.
        pk__gte=id_floor(earliest - CLOCKS_DIFFER),
        kind=first_promise(rule.channel),
        subject_type=CASE_TYPE,
        finished_at__isnull=True,
        started_at__lte=now - rule.after,
        started_at__gte=earliest,
    )
    if among is not None:
        owed = owed.filter(subject_id__in=[str(one) for one in among])
    since = {UUID(case_id): at for case_id, at in owed.values_list("subject_id", "started_at")}
    there = CaseConversation.objects.filter(
        case=OuterRef("pk"), conversation__channel=rule.channel_id, until_message_id__isnull=True, aside=False
    )
    made = Offer.objects.filter(Q(case=OuterRef("pk")) | Q(case__merged_into=OuterRef("pk")), rule=rule)
    cases = Case.objects.filter(Exists(there), ~Exists(made), pk__in=since, state__in=TO_DO)
    return {case_id: since[case_id] for case_id in cases.order_by("pk").values_list("pk", flat=True)}


def offers_open_in(conversation_ids: Collection[UUID]) -> dict[UUID, Offer]:
    """The offers that are taken by writing in these conversations. One query."""
    found = Offer.objects.filter(conversation__in=list(conversation_ids), taken_at__isnull=True)
    return {one.conversation_id: one for one in found.order_by("made_at") if one.conversation_id}


def case_of_offer(offer: Offer) -> Case:
    """The case that an offer is about now: where it was merged away, the one that stayed. One query."""
    case = Case.objects.select_related("merged_into").defer("search").get(pk=offer.case_id)
    return case.merged_into or case


def cases_in(conversation_ids: Collection[UUID]) -> dict[UUID, Case]:
    """The case that each conversation belongs to now, with its channel. One query."""
    links = CaseConversation.objects.filter(conversation__in=list(conversation_ids), until_message_id__isnull=True)
    return {link.conversation_id: link.case for link in links.select_related("case__channel").defer("case__search")}


def language_of_contact(case: Case) -> str:
    """The language in which the customer of a case wrote to us last; Chinese where they never did. One query."""
    wrote = Conversation.objects.filter(contact=case.contact).exclude(Q(channel__kind=Kind.HOTLINE) | Q(subject=""))
    last = wrote.order_by("-last_message_at").first() if case.contact_id else None
    return signing.language_of(last.subject if last else "")


def same_customer(case: Case, *, sight: Sight) -> list[Case]:
    """Other cases of the same contact that are worked on and came another way, the oldest first. One query."""
    if case.contact_id is None or case.state not in ACTIVE:
        return []
    others = sight.cases().filter(contact=case.contact_id, state__in=ACTIVE).exclude(pk=case.pk)
    others = others.exclude(channel__kind=case.channel.kind).select_related("channel").defer("search")
    return list(others.order_by("opened_at")[:SAME_SHOWN])
