"""What the board shows of permissions, from what happened."""

from datetime import timedelta

import pytest
from django.utils import timezone

from postroad.access import actions
from postroad.access.events import Event
from postroad.access.measures import MEASURES, approved_before_effect, changed_on_application, features_reviewed
from postroad.access.models import FeatureReview
from postroad.access.tests.factories import apply_for, change, emergency, end, granted, sign
from postroad.clock import actions as clock
from postroad.ledger.actions import record
from postroad.platform.actors import Actor
from postroad.platform.measures import Period, registered_measures

pytestmark = pytest.mark.django_db


def lately():
    now = timezone.now()
    return Period(now - timedelta(days=1), now + timedelta(days=60))


def figures(measure):
    return (measure.value, measure.sample_size, measure.exceptions)


def test_they_are_registered():
    assert MEASURES.items() <= registered_measures().items()


def test_without_grants_there_is_nothing_to_measure(company):
    for measure in (approved_before_effect, changed_on_application, features_reviewed):
        assert figures(measure(lately())) == (None, 0, 0)


def test_an_emergency_took_effect_before_both_signatures_even_once_it_is_confirmed(company, channel):
    granted(company, channel, company.stranger)
    _grant, review = emergency(company, channel, company.hr)
    assert figures(approved_before_effect(lately())) == (50, 2, 1)
    sign(company, review)
    assert figures(approved_before_effect(lately())) == (50, 2, 1)


def test_a_grant_that_ended_counts_no_more(company, channel):
    grant = granted(company, channel, company.stranger)
    sign(company, apply_for(company.owner, end(grant)))
    assert figures(approved_before_effect(lately())) == (None, 0, 0)


def test_changes_count_and_those_without_an_application_fall_short(company, channel):
    grant = granted(company, channel, company.stranger)
    sign(company, apply_for(company.owner, change(grant, content="别的")))
    assert figures(changed_on_application(lately())) == (100, 2, 0)
    record(
        Event.GRANT_GRANTED, actor=Actor.system("nobody"), subject=grant, data={"permission": "post", "channel": "x"}
    )
    value, sample, short = figures(changed_on_application(lately()))
    assert (round(value, 1), sample, short) == (66.7, 3, 1)


def test_what_a_rule_ends_is_no_change(company, channel, monkeypatch):
    granted(company, channel, company.stranger)
    from postroad.channels.actions import retire_channel

    retire_channel(channel=channel, reason="停用", actor=company.owner.as_actor())
    assert actions.turn_grants() == 1
    assert figures(changed_on_application(lately())) == (100, 1, 0)


def test_a_month_that_nobody_reviewed_falls_short(company):
    review = actions.open_feature_review()
    assert figures(features_reviewed(lately())) == (None, 0, 0)
    clock.fire_due(now=review.deadline.due_at + timedelta(seconds=1))
    assert figures(features_reviewed(lately())) == (0, 1, 1)


def test_a_month_reviewed_in_time_counts(company):
    review = actions.open_feature_review()
    findings = {"企业微信": {key: {"state": "off", "note": ""} for key in _features()}}
    actions.finish_feature_review(review=review, findings=findings, person=company.it)
    assert figures(features_reviewed(lately())) == (100, 1, 0)
    assert FeatureReview.objects.get().findings == findings


def _features():
    from postroad.access.features import FEATURES

    return FEATURES
