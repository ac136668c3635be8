"""Calls to another system, kept within what it allows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from postroad.platform.rates import Rate, block, reserve

pytestmark = pytest.mark.django_db

TWENTY_A_MINUTE = Rate(calls=20, period=timedelta(minutes=1))


def test_as_many_calls_as_allowed_may_come_at_once_and_the_next_is_told_when():
    turns = [reserve("robot", TWENTY_A_MINUTE) for _ in range(20)]
    assert all(turn.granted and turn.wait == timedelta(0) for turn in turns)
    refused = reserve("robot", TWENTY_A_MINUTE)
    assert not refused.granted
    assert timedelta(0) < refused.wait <= timedelta(seconds=3)


def test_a_call_that_can_wait_gets_its_place_in_the_queue():
    smooth = Rate(calls=20, period=timedelta(minutes=1), burst=1)
    assert reserve("robot", smooth).wait == timedelta(0)
    waits = [reserve("robot", smooth, patience=timedelta(seconds=10)).wait for _ in range(3)]
    assert waits == sorted(waits)
    assert timedelta(seconds=8) < waits[2] <= timedelta(seconds=9)
    assert not reserve("robot", smooth, patience=timedelta(seconds=5)).granted


def test_a_call_of_many_deliveries_costs_as_many():
    assert reserve("send", TWENTY_A_MINUTE, cost=25).granted
    refused = reserve("send", TWENTY_A_MINUTE)
    assert timedelta(seconds=12) < refused.wait <= timedelta(seconds=18)


def test_allowances_do_not_touch_each_other():
    reserve("one", TWENTY_A_MINUTE, cost=100)
    assert reserve("other", TWENTY_A_MINUTE).granted


def test_nobody_calls_while_the_other_side_wants_to_be_left_alone():
    block("robot", TWENTY_A_MINUTE, until=timedelta(minutes=10))
    refused = reserve("robot", TWENTY_A_MINUTE)
    assert not refused.granted
    assert timedelta(minutes=9) < refused.wait <= timedelta(minutes=10)


@pytest.mark.django_db(transaction=True)
def test_workers_share_one_allowance():
    def ask(_number: int) -> bool:
        try:
            return reserve("shared", Rate(calls=20, period=timedelta(days=1))).granted
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(ask, range(60)))
    assert granted.count(True) == 20
