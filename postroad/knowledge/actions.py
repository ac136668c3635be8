"""Every write of the knowledge base."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.clock import actions as clock
from postroad.clock.models import Deadline
from postroad.knowledge import queries
from postroad.knowledge.events import Event
from postroad.knowledge.models import Article, ArticleState, ArticleVersion, Use
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.org.models import today
from postroad.platform.actors import Actor, Subject, subject_of
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person

REVIEW = "knowledge.review"
"""The promise of an owner to look at an article again by its day."""
TOLD_BEFORE = timedelta(days=14)
REVIEWED_EVERY = timedelta(days=180)
KNOWLEDGE = Actor.system("knowledge")

_MOVES = {
    ArticleState.DRAFT: {ArticleState.PUBLISHED, ArticleState.RETIRED},
    ArticleState.PUBLISHED: {ArticleState.RETIRED},
    ArticleState.RETIRED: {ArticleState.PUBLISHED},
}


@transaction.atomic
def write(*, channels: Collection[Channel] = (), person: Person, **values: Any) -> Article:
    """Begin an article as a draft, with its first version. `values` are the article's fields.

    Raises Invalid for a review in the past.
    """
    _require_future(values["review_on"])
    article = Article.objects.create(**values, search=queries.vector(title=values["title"], text=values["text"]))
    article.channels.set(channels)
    _keep_version(article, person)
    record(Event.ARTICLE_WRITTEN, actor=person.as_actor(), subject=article, data={"title": article.title})
    return article


@transaction.atomic
def change(
    *, article: Article, version: int, channels: Collection[Channel] | None = None, person: Person, **values: Any
) -> Article:
    """Change an article that one read as `version`; title and text become a version of their own.

    Raises Conflict where somebody has changed it since, Invalid for a review in the past.
    """
    article = _locked(article)
    if article.version != version:
        raise Conflict(_("Somebody has changed this article meanwhile. Look at the newest version first."))
    changed = [field for field, value in values.items() if getattr(article, field) != value]
    if "review_on" in changed:
        _require_future(values["review_on"])
    for field in changed:
        setattr(article, field, values[field])
    if channels is not None and set(article.channels.all()) != set(channels):
        article.channels.set(channels)
        changed.append("channels")
    if not changed:
        return article
    article.changed_at = timezone.now()
    if {"title", "text"} & set(changed):
        article.version += 1
        article.search = queries.vector(title=article.title, text=article.text)
        _keep_version(article, person)
    article.save()
    article.refresh_from_db(fields=["search"])
    if {"owner", "review_on"} & set(changed):
        _renew_review(article, actor=person.as_actor())
    data: dict[str, Json] = {"version": article.version, "fields": ", ".join(sorted(changed))}
    record(Event.ARTICLE_CHANGED, actor=person.as_actor(), subject=article, data=data)
    return article


@transaction.atomic
def move(*, article: Article, state: ArticleState, person: Person) -> Article:
    """Publish, retire or bring back an article. Raises Conflict where that is no way from the state it is in."""
    article = _locked(article)
    before = ArticleState(article.state)
    if state not in _MOVES[before]:
        raise Conflict(_("The article is “%(state)s” already.") % {"state": before.label})
    article.state, article.changed_at = state, timezone.now()
    if state == ArticleState.PUBLISHED:
        article.published_at = timezone.now()
        article.review_on = max(article.review_on, today() + timedelta(days=1))
    article.save(update_fields=["state", "changed_at", "published_at", "review_on"])
    _renew_review(article, actor=person.as_actor())
    data = {"state": {"before": before.value, "after": state.value}}
    record(Event.ARTICLE_MOVED, actor=person.as_actor(), subject=article, data=data)
    return article


@transaction.atomic
def review(*, article: Article, next_on: date | None = None, person: Person) -> Article:
    """Say that an article is still right; the next review is in half a year unless said otherwise.

    Raises Conflict unless it is published, Invalid for a day in the past.
    """
    article = _locked(article)
    if article.state != ArticleState.PUBLISHED:
        raise Conflict(_("Only a published article is reviewed."))
    before, after = article.review_on, next_on or today() + REVIEWED_EVERY
    _require_future(after)
    actor = person.as_actor()
    clock.meet([one.pk for one in _reviews(article)], at=timezone.now(), reason=_("reviewed"), actor=actor)
    article.review_on = after
    article.save(update_fields=["review_on"])
    data = {"on": {"before": before.isoformat(), "after": after.isoformat()}}
    record(Event.ARTICLE_REVIEWED, actor=actor, subject=article, data=data)
    return article


@transaction.atomic
def open_reviews() -> int:
    """Make the review of articles that fall due soon their owners' promise, where it is none yet; returns how many."""
    soon = queries.to_review(until=today() + TOLD_BEFORE)
    due = list(soon.select_for_update(no_key=True, of=("self",)).select_related("owner").defer("search", "text"))
    known = {one.subject_id for one in _reviews(*due)} if due else set()
    new = [_promise(article) for article in due if str(article.pk) not in known]
    return len(clock.start_deadlines(new, actor=KNOWLEDGE)) if new else 0


@transaction.atomic
def use(*, article: Article, how: Use.How, subject: Subject, person: Person) -> Use:
    """Note that an article went into a reply; again for the same thing is the same use."""
    found, made = Use.objects.select_for_update().get_or_create(
        article=article,
        subject_type=subject.type,
        subject_id=subject.id,
        defaults={"how": how, "person": person},
    )
    if not made and found.how != how:
        found.how = how
        found.save(update_fields=["how"])
    return found


@transaction.atomic
def judge(*, article: Article, helped: bool, subject: Subject, person: Person) -> Use:
    """Say whether an article helped with a thing it was used for. Raises Conflict where it was not used."""
    del person
    found = (
        Use.objects.select_for_update()
        .filter(article=article, subject_type=subject.type, subject_id=subject.id)
        .first()
    )
    if found is None:
        raise Conflict(_("The article has not been used here yet."))
    found.verdict = Use.Verdict.HELPED if helped else Use.Verdict.DID_NOT
    found.save(update_fields=["verdict"])
    return found


def judge_outside(*, article: Article, helped: bool) -> Use:
    """A reader outside says whether an article helped; nothing is kept of who that was."""
    verdict = Use.Verdict.HELPED if helped else Use.Verdict.DID_NOT
    return Use.objects.create(article=article, how=Use.How.READ, verdict=verdict)


def _locked(article: Article) -> Article:
    return Article.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=article.pk)


def _keep_version(article: Article, person: Person) -> None:
    ArticleVersion.objects.create(
        article=article, number=article.version, title=article.title, text=article.text, author=person
    )


def _require_future(day: date) -> None:
    if day <= today():
        raise Invalid({"review_on": _("Choose a day to come.")})


def _reviews(*articles: Article) -> list[Deadline]:
    kind, ids = Article._meta.label_lower, [str(article.pk) for article in articles]
    found = Deadline.objects.filter(kind=REVIEW, subject_type=kind, subject_id__in=ids)
    return list(found.filter(finished_at__isnull=True))


def _renew_review(article: Article, *, actor: Actor) -> None:
    """The promise agrees with the article: dropped where there is none, else for its owner and its day."""
    standing = [one.pk for one in _reviews(article)]
    if standing:
        clock.cancel(standing, at=timezone.now(), reason=_("the article was changed"), actor=actor)
    if article.state == ArticleState.PUBLISHED and article.review_on <= today() + TOLD_BEFORE:
        clock.start_deadlines([_promise(article)], actor=actor)


def _promise(article: Article) -> clock.NewDeadline:
    """Until the end of the day of the review, in the company's zone."""
    now = timezone.now()
    end = timezone.make_aware(datetime.combine(article.review_on, time(23, 59)))
    return clock.NewDeadline(
        kind=REVIEW,
        subject=subject_of(article),
        title=article.title,
        amount=max(end - now, timedelta(days=1)),
        started_at=now,
        responsible=article.owner,
        url=article.get_absolute_url(),
        reason=_("review on %(day)s") % {"day": article.review_on.isoformat()},
    )
