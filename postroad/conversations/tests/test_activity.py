"""When a channel is used, as its page shows it."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from postroad.conversations import queries
from postroad.conversations.actions import intake
from postroad.conversations.tests.factories import incoming, make_channel
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(company, time_machine):
    time_machine.move_to(datetime(2026, 11, 27, 3, tzinfo=UTC))
    return make_channel(company, connector="")


def at(channel, moment):
    return incoming(channel, received_at=datetime.fromisoformat(moment))


def test_messages_are_counted_by_weekday_and_hour_of_the_companys_zone(channel, django_assert_num_queries):
    # Monday 9:30 in Shanghai four times, Tuesday 23:00 once, and one from before the four weeks.
    intake([at(channel, "2026-11-23T01:30:00+00:00") for _ in range(4)])
    intake([at(channel, "2026-11-24T15:00:00+00:00"), at(channel, "2026-10-01T15:00:00+00:00")])
    with django_assert_num_queries(1):
        rows = queries.heat_map(channel)
    assert [len(row.cells) for row in rows] == [12] * 7
    hot = {(day, part): cell for day, row in enumerate(rows) for part, cell in enumerate(row.cells) if cell[0]}
    assert hot == {(0, 4): (4, 5), (1, 11): (1, 2)}


def test_the_channels_page_shows_it_and_nothing_where_nothing_was_said(company, channel, client):
    sign_in(client, company.owner)
    page = client.get(reverse("channels:channel", args=[channel.pk])).content.decode()
    assert 'id="panel-conversations-activity"' not in page
    intake([at(channel, "2026-11-23T01:30:00+00:00")])
    page = client.get(reverse("channels:channel", args=[channel.pk])).content.decode()
    assert 'id="panel-conversations-activity"' in page
    assert 'class="heat-5">1<' in page
