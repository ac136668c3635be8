"""What the register shows on the board."""

from datetime import UTC, datetime

import pytest

from postroad.channels import actions
from postroad.channels.measures import MEASURES
from postroad.channels.tests.factories import ACTOR, apply, live_channel
from postroad.platform.measures import Period, registered_measures

pytestmark = pytest.mark.django_db
MONTH = Period(datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))


def measured(key):
    return MEASURES[key](MONTH)


def test_every_measure_is_registered():
    assert {key: registered_measures()[key] for key in MEASURES} == MEASURES


def test_without_channels_there_is_nothing_to_measure():
    assert {(measured(key).value, measured(key).sample_size) for key in MEASURES} == {(None, 0)}


def test_the_share_of_classed_channels_counts_those_in_use(company):
    for priority in ("must_use", "supplementary", "supplementary", ""):
        live_channel(company, priority=priority, observability="unseen" if priority else "api")
    apply(company, priority="")
    actions.retire_channel(channel=live_channel(company, priority=""), reason="x", actor=ACTOR)
    figure = measured("plan.priority")
    assert (figure.value, figure.sample_size, figure.exceptions) == (75, 4, 1)
    assert figure.rests_on == {"unseen", "api"}
    assert figure.evidence_url.endswith("?priority=none")
