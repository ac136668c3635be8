"""Asking customers how satisfied they were, taking their answer, and following a low one up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from postroad.channels.models import Channel, Kind
from postroad.channels.protocol import Recipient, RecipientRole
from postroad.clock import actions as clock
from postroad.clock.models import Deadline
from postroad.conversations import actions as conversations
from postroad.conversations.models import Conversation, Message
from postroad.desk import queries
from postroad.desk.actions.chatting import mail_conversation
from postroad.desk.actions.common import tell
from postroad.desk.actions.state import DESK
from postroad.desk.customer_events import RatingEvent
from postroad.desk.models import FINISHED, Case, CaseConversation, Rating, RatingRules
from postroad.desk.models.satisfaction import HIGHEST, LOWEST
from postroad.ledger.actions import record
from postroad.livechat import queries as chats
from postroad.livechat import texts
from postroad.livechat.actions import rating as livechat
from postroad.org.models import Contact
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from postroad.livechat.models import Visit
    from postroad.org.models import Person

FOLLOW_UP = "desk.rating-follow-up"
"""The promise of a team lead to see to a customer who was not satisfied."""
FOLLOWED_UP_WITHIN = timedelta(hours=8)
"""Of working time of the channel's calendar; a day by the wall clock where it has none."""
SALT = "postroad.desk.rating"
ASKED_AT_ONCE = 100
LONGEST_WORDS = 2000
_FIELDS = ("enabled", "delay_minutes", "every_days", "expires_days", "question", "question_en")


@transaction.atomic
def change_rating_rules(*, channel: Channel, person: Person, **values: Any) -> RatingRules:
    """Say whether and how customers of a channel are asked; who has been asked already is not touched."""
    rules, _made = RatingRules.objects.select_for_update(no_key=True, of=("self",)).get_or_create(channel=channel)
    changed = [name for name in _FIELDS if name in values and getattr(rules, name) != values[name]]
    if not changed:
        return rules
    for name in changed:
        setattr(rules, name, values[name])
    if "enabled" in changed:
        rules.since = timezone.now() if rules.enabled else None
    rules.save()
    data = {"fields": ", ".join(changed)}
    record(RatingEvent.RULES_CHANGED, actor=person.as_actor(), subject=channel, data=data)
    return rules


def ask_for_ratings(*, now: datetime | None = None) -> int:
    """Ask about the cases that have been solved and quiet for long enough; returns how many were asked about.

    One transaction each; a person is asked once in a while, however many of their cases are solved.
    """
    moment = now or timezone.now()
    return sum(_ask(case.pk, moment) for case in queries.cases_to_ask_about(moment, limit=ASKED_AT_ONCE))


@transaction.atomic
def _ask(case_id: UUID, now: datetime) -> bool:
    queries.locked_conversation_to_answer(Case(pk=case_id))
    cases = Case.objects.select_for_update(no_key=True, of=("self",)).select_related("channel__rating_rules")
    case = cases.defer("search").get(pk=case_id)
    rules = case.channel.rating_rules
    # The person, too: two of their cases must not be asked about at the same time.
    contact = Contact.objects.select_for_update(no_key=True, of=("self",)).get(cases=case)
    since = now - timedelta(days=rules.every_days)
    if case.state not in FINISHED or hasattr(case, "rating") or queries.asked_lately(contact.pk, since=since):
        return False
    last = queries.last_of_customer(case)
    if last is None:
        return False
    rating = Rating(
        case=case,
        channel=case.channel,
        contact=contact,
        agent=case.assignee,
        asked_at=now,
        expires_at=now + timedelta(days=rules.expires_days),
    )
    asked = _in_chat(rating, last) if last.channel.kind == Kind.LIVE_CHAT else _by_mail(rating, last)
    if asked:
        record(RatingEvent.ASKED, actor=DESK, subject=case, data={"way": rating.way})
        tell([case])
    return asked


def _in_chat(rating: Rating, last: Message) -> bool:
    """In the chat itself while the visitor is there or has left no address, else by mail."""
    visit = chats.visits_of([last.conversation_id]).get(last.conversation_id)
    if visit is None:
        return False
    mailbox = texts.settings_of(visit.channel).mailbox
    rating.language = visit.language
    if visit.mail and mailbox is not None and mailbox.is_live and not chats.is_present(visit):
        to = Recipient(RecipientRole.TO, visit.name, visit.mail)
        _mail(rating, conversation=mail_conversation(rating.case, mailbox), to=to, reply_to=None)
        return True
    rating.way = Rating.Way.CHAT
    rating.save(force_insert=True)
    livechat.ask_for_rating(visit=visit, until=rating.expires_at)
    return True


def _by_mail(rating: Rating, last: Message) -> bool:
    """Not where a machine must not answer what was written last."""
    if not last.may_autorespond or not last.answer_address:
        return False
    rating.language = queries.language_for(rating.case, last)
    to = Recipient(RecipientRole.TO, last.sender_name, last.answer_address)
    _mail(rating, conversation=last.conversation, to=to, reply_to=last)
    return True


def _mail(rating: Rating, *, conversation: Conversation, to: Recipient, reply_to: Message | None) -> None:
    rating.way = Rating.Way.MAIL
    with translation.override(rating.language):
        text = "\n\n".join(
            [
                question_of(rating.case.channel.rating_rules, rating.language),
                link_to(rating),
                _("One click on a number from 1 to 5 is enough. The link is for you alone and works for %(days)s days.")
                % {"days": rating.case.channel.rating_rules.expires_days},
            ]
        )
    message = conversations.say(
        conversation=conversation,
        actor=DESK,
        person=None,
        text=text,
        to=[to],
        reply_to=reply_to,
        subject_token=queries.token_for(rating.case, conversation),
        automatic=True,
    )
    links = rating.case.links.filter(conversation=conversation, until_message_id__isnull=True)
    if not links.exists():
        CaseConversation.objects.create(case=rating.case, conversation=conversation, first_message_id=message.pk)
    rating.message_id = message.pk
    rating.save(force_insert=True)


def question_of(rules: RatingRules, language: str) -> str:
    """The question in a language, in the channel's own words where it has some."""
    own = rules.question_en if language == "en" else rules.question
    with translation.override(language):
        return own or _("How satisfied are you with our help?")


def link_to(rating: Rating) -> str:
    """The address at which this one customer answers about this one case."""
    token = signing.Signer(salt=SALT).sign(rating.pk.hex)
    return f"{settings.URL}{reverse('rate:rate', args=[token])}"


def rating_by_token(token: str) -> Rating:
    """The rating a link is for. Raises NotFound for one that was altered or leads nowhere."""
    try:
        rating_id = UUID(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        rating_id = None
    found = Rating.objects.select_related("channel__rating_rules").filter(pk=rating_id).first() if rating_id else None
    if found is None:
        raise NotFound(_("This link leads nowhere. Please open it as it stands in our mail."))
    return found


@transaction.atomic
def rate(*, rating: Rating, score: int, words: str = "", now: datetime | None = None) -> Rating:
    """Take the customer's answer; it can be changed for a day.

    Raises Invalid for what is no score or too long, Conflict when the time is over.
    """
    moment = now or timezone.now()
    found = Rating.objects.select_for_update(no_key=True, of=("self",)).select_related("case__channel")
    rating = found.get(pk=rating.pk)
    words = words.strip()
    if score not in range(LOWEST, HIGHEST + 1):
        raise Invalid({"score": _("Choose a number from 1 to 5.")})
    if len(words) > LONGEST_WORDS:
        raise Invalid({"words": _("At most %(count)s characters.") % {"count": LONGEST_WORDS}})
    if not rating.may_answer(moment):
        raise Conflict(_("The time for this answer is over. Thank you all the same."))
    before, rating.score, rating.words = rating.score, score, words
    rating.answered_at = rating.answered_at or moment
    rating.save(update_fields=["score", "words", "answered_at"])
    if before != score:
        data = {"score": {"before": before, "after": score}}
        record(RatingEvent.GIVEN, actor=_customer(rating), subject=rating.case, data=data)
    _owe_follow_up(rating, at=moment)
    tell([rating.case], rating.case.assignee_id)
    return rating


@transaction.atomic
def follow_up(*, rating: Rating, note: str, person: Person) -> Rating:
    """Say what was done about a low rating. Raises Conflict where there is nothing to, Invalid without words."""
    found = Rating.objects.select_for_update(no_key=True, of=("self",)).select_related("case__channel")
    rating, note = found.get(pk=rating.pk), note.strip()
    if not rating.wants_follow_up:
        raise Conflict(_("There is nothing to follow up any more."))
    if not note:
        raise Invalid({"note": _("Say what you did.")})
    rating.followed_up_at, rating.followed_up_by, rating.follow_up_note = timezone.now(), person, note
    rating.save(update_fields=["followed_up_at", "followed_up_by", "follow_up_note"])
    actor = person.as_actor()
    clock.meet(_owed(rating), at=timezone.now(), reason=_("followed up"), actor=actor)
    record(RatingEvent.FOLLOWED_UP, actor=actor, subject=rating.case)
    tell([rating.case], person.pk)
    return rating


def _owe_follow_up(rating: Rating, *, at: datetime) -> None:
    """A low score is a promise of the team lead; one made better before anybody saw to it is none any more."""
    owed = _owed(rating)
    if not rating.is_low:
        if owed:
            clock.cancel(owed, at=at, reason=_("the customer changed the rating"), actor=DESK)
        return
    if owed or rating.followed_up_at:
        return
    case, channel = rating.case, rating.case.channel
    version = queries.versions_in_force({channel.calendar_key}).get(channel.calendar_key)
    clock.start_deadlines(
        [
            clock.NewDeadline(
                kind=FOLLOW_UP,
                subject=subject_of(rating),
                title=f"#{case.number} {case.subject}".rstrip(),
                amount=FOLLOWED_UP_WITHIN if version else timedelta(days=1),
                started_at=at,
                calendar_version=version,
                responsible=queries.lead_of(channel),
                url=f"{case.get_absolute_url()}#rating",
                reason=_("the customer was not satisfied"),
            )
        ],
        actor=DESK,
    )


def _owed(rating: Rating) -> list[UUID]:
    subject = subject_of(rating)
    standing = Deadline.objects.filter(kind=FOLLOW_UP, subject_type=subject.type, subject_id=subject.id)
    return list(standing.filter(finished_at__isnull=True).values_list("pk", flat=True))


def _customer(rating: Rating) -> Actor:
    return Actor("contact", str(rating.contact_id), rating.contact.name)


class ChatRatings:
    """The desk as live chat asks it about ratings; see `livechat.ratings.Ratings`."""

    def question(self, visit: Visit) -> str:
        return question_of(queries.rating_rules_of(visit.channel), visit.language)

    def rate(self, visit: Visit, *, score: int, words: str) -> None:
        found = queries.ratings_of_conversations([visit.conversation_id]) if visit.conversation_id else {}
        rating = next(iter(found.values()), None)
        if rating is None or rating.way != Rating.Way.CHAT:
            raise NotFound(_("There is nothing to rate here."))
        rate(rating=rating, score=score, words=words)
