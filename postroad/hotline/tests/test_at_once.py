"""Requests that arrive at the same moment: each event once, one case, no deadlock."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from postroad.desk.models import Case
from postroad.hotline import actions
from postroad.hotline.models import Call, CallBack, CallEvent
from postroad.hotline.tests.factories import MINUTE, SECOND, event, make_hotline

pytestmark = pytest.mark.django_db(transaction=True)


def test_events_of_one_caller_told_at_once_on_many_connections_are_one_case(company):
    channel = make_hotline(company)
    start = timezone.now() - 10 * MINUTE
    events = []
    for number in range(4):
        at = start + number * MINUTE
        events.append(event("ringing", at, call=f"call-{number}", id=f"{number}/ringing"))
        events.append(event("hungup", at + 20 * SECOND, call=f"call-{number}", id=f"{number}/hungup"))

    def tell(seed):
        shuffled = random.Random(seed).sample(events, len(events))
        try:
            for place in range(0, len(shuffled), 3):
                batch = shuffled[place : place + 3]
                actions.take_events(channel=channel, events=batch, source=CallEvent.Source.WEBHOOK)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(tell, range(4)))
    assert CallEvent.objects.count() == len(events)
    assert set(Call.objects.values_list("state", flat=True)) == {"missed"}
    assert (CallBack.objects.get().missed, Case.objects.count()) == (4, 1)
