"""The monthly review of the messengers' social features."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.access.actions.promises import ACCESS, in_language_of
from postroad.access.events import Event
from postroad.access.features import FEATURES
from postroad.access.models import FeatureReview, first_of_month
from postroad.clock.actions import NewDeadline, meet, start_deadlines
from postroad.ledger.actions import record
from postroad.org.models import Person, today
from postroad.org.queries import holders
from postroad.org.roles import Role
from postroad.platform.actors import Subject
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.ids import new_id

FEATURE_DEADLINE = "access.feature-review"
LONGEST_NOTE = 300


@transaction.atomic
def open_feature_review() -> FeatureReview | None:
    """Make this month's review, due when the month ends; None when it is there already."""
    month = first_of_month(today())
    if FeatureReview.objects.filter(month=month).exists():
        return None
    review = FeatureReview(id=new_id(), month=month)
    start, end, responsible = timezone.now(), _end_of(month), holders(Role.IT).first()
    with in_language_of(responsible):
        title = _("Review the messengers' features: %(month)s") % {"month": review}
    [review.deadline] = start_deadlines(
        [
            NewDeadline(
                kind=FEATURE_DEADLINE,
                subject=Subject("access.featurereview", str(review.pk)),
                title=title,
                amount=end - start,
                started_at=start,
                responsible=responsible,
                url=review.get_absolute_url(),
            )
        ],
        actor=ACCESS,
    )
    review.save(force_insert=True)
    return review


@transaction.atomic
def finish_feature_review(
    *, review: FeatureReview, findings: Mapping[str, Mapping[str, Mapping[str, str]]], person: Person
) -> FeatureReview:
    """Put on record what was found: by messenger, by feature, its state and a note.

    Raises Invalid where a feature has no state or an open one no note, Conflict when it was reviewed already.
    """
    review = FeatureReview.objects.select_for_update(no_key=True, of=("self",)).get(pk=review.pk)
    if review.reviewed_at:
        raise Conflict(_("This month was reviewed already."))
    _check(findings)
    actor = person.as_actor()
    review.reviewed_at, review.reviewed_by = timezone.now(), person
    review.findings = {messenger: dict(found) for messenger, found in findings.items()}
    review.save(update_fields=["reviewed_at", "reviewed_by", "findings"])
    meet([review.deadline_id], at=review.reviewed_at, reason=str(review), actor=actor)
    still_open = sum(
        one["state"] == FeatureReview.FeatureState.OPEN for found in findings.values() for one in found.values()
    )
    record(Event.FEATURES_REVIEWED, actor=actor, subject=review, data={"month": str(review), "open": still_open})
    return review


def _check(findings: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    if not findings:
        raise Invalid(_("There is no messenger to review."))
    problems = {}
    for messenger, found in findings.items():
        for feature in FEATURES:
            one = found.get(feature, {})
            if one.get("state") not in FeatureReview.FeatureState.values:
                problems[f"{messenger}.{feature}"] = _("Choose what it is.")
            elif one["state"] == FeatureReview.FeatureState.OPEN and not one.get("note", "").strip():
                problems[f"{messenger}.{feature}"] = _("Say what will be done about it.")
            elif len(one.get("note", "")) > LONGEST_NOTE:
                problems[f"{messenger}.{feature}"] = _("At most %(most)s characters.") % {"most": LONGEST_NOTE}
    if problems:
        raise Invalid(problems)


def _end_of(month: date) -> datetime:
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=timezone.get_default_timezone())
