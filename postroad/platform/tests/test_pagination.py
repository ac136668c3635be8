from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.platform.models import LiveEvent
from postroad.platform.pagination import keyset

pytestmark = pytest.mark.django_db

ORDERS = [("-at", "-id"), ("topic", "-id"), ("-topic", "at", "id")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    topics=st.lists(st.sampled_from("abc"), max_size=25),
    size=st.integers(1, 7),
    order=st.sampled_from(ORDERS),
)
def test_walking_forth_and_back_visits_every_row_once_in_order(topics, size, order):
    LiveEvent.objects.all().delete()
    LiveEvent.objects.bulk_create([LiveEvent(topic=topic) for topic in topics])
    expected = list(LiveEvent.objects.order_by(*order))
    forth, cursor, pages = [], None, []
    while True:
        page = keyset(LiveEvent.objects.all(), order=order, cursor=cursor, size=size)
        pages.append(page)
        forth += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert forth == expected
    back, cursor = pages[-1].items, pages[-1].previous_cursor
    while cursor:
        page = keyset(LiveEvent.objects.all(), order=order, cursor=cursor, size=size)
        back = page.items + back
        cursor = page.previous_cursor
    assert back == expected


@pytest.mark.parametrize("cursor", ["", "rubbish", "W10", "bnVsbA", "WzEsMl0", "WyIiLCIyMDIwIiwieCJd", "é"])
def test_a_malformed_cursor_starts_from_the_beginning(cursor):
    event = LiveEvent.objects.create(topic="a")
    assert keyset(LiveEvent.objects.all(), order=("-at", "-id"), cursor=cursor).items == [event]


def test_a_row_that_arrives_meanwhile_shifts_nothing():
    now = timezone.now()
    for number in range(4):
        event = LiveEvent.objects.create(topic=str(number))
        LiveEvent.objects.filter(pk=event.pk).update(at=now - timedelta(minutes=number))
    first = keyset(LiveEvent.objects.all(), order=("-at", "-id"), cursor=None, size=2)
    LiveEvent.objects.create(topic="new")
    second = keyset(LiveEvent.objects.all(), order=("-at", "-id"), cursor=first.next_cursor, size=2)
    assert [event.topic for event in [*first.items, *second.items]] == ["0", "1", "2", "3"]
