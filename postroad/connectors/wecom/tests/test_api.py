"""Calls to WeCom: tokens, limits, faults. Against a stand-in that speaks real HTTP."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from django.db import connections, transaction

from postroad.connectors import web_api
from postroad.connectors.wecom.api import Api
from postroad.messengers.protocol import MessengerFault
from postroad.platform.rates import Rate
from tests.standins.http import Fault
from tests.standins.wecom import SECRET


def ask(account):
    return Api.of(account).get("department/simplelist")


def test_one_token_serves_many_calls(stand_in, account):
    for _ in range(3):
        ask(account)
    assert stand_in.count("gettoken") == 1


def test_threads_fetch_one_token_between_them(stand_in, account):
    stand_in.order(Fault.SLOW, path="gettoken", seconds=0.2)

    def from_a_thread(_number):
        try:
            return ask(account)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(from_a_thread, range(8)))
    assert all(answer["errcode"] == 0 for answer in answers)
    assert stand_in.count("gettoken") == 1


def test_a_token_that_ended_early_is_fetched_anew_once(stand_in, account):
    ask(account)
    stand_in.revoke_tokens()
    assert ask(account)["department_id"]
    assert stand_in.count("gettoken") == 2


def test_a_token_is_renewed_before_it_ends(stand_in, account):
    stand_in.token_seconds = 0
    ask_twice = [ask, ask]
    with pytest.raises(MessengerFault):
        ask_twice[0](account)
    stand_in.token_seconds = 7200
    assert ask_twice[1](account)["department_id"]


def test_a_token_that_never_works_is_not_fetched_for_ever(stand_in, account):
    stand_in.token_seconds = -1
    with pytest.raises(MessengerFault) as fault:
        ask(account)
    assert fault.value.code == "WeCom 42001"
    assert not fault.value.permanent
    assert stand_in.count("gettoken") == 2


def test_a_wrong_secret_is_said_and_can_be_mended(stand_in, account):
    with pytest.raises(MessengerFault, match="secret is wrong") as fault:
        ask(replace(account, secrets={"app_secret": "wrong"}))
    assert not fault.value.permanent
    assert ask(account)["department_id"]


def test_an_address_that_is_not_trusted_is_said(stand_in, account):
    stand_in.trusted_ips = frozenset({"203.0.113.9"})
    with pytest.raises(MessengerFault, match="trusted IPs") as fault:
        ask(account)
    assert fault.value.code == "WeCom 60020"


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.DROPPED, Fault.LOST])
def test_a_passing_fault_is_not_noticed(stand_in, account, fault):
    stand_in.order(fault, path="simplelist")
    assert ask(account)["department_id"]


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.DROPPED, Fault.HTML])
def test_a_lasting_fault_is_raised_and_not_permanent(stand_in, account, fault):
    stand_in.order(fault, times=100)
    with pytest.raises(MessengerFault) as raised:
        ask(account)
    assert not raised.value.permanent
    stand_in.recover()
    assert ask(account)["department_id"]


def test_a_server_that_does_not_answer_in_time_is_a_fault(stand_in, account, monkeypatch):
    monkeypatch.setattr(web_api, "TIMEOUT", httpx.Timeout(0.1))
    ask(account)
    stand_in.order(Fault.SLOW, path="simplelist", times=3, seconds=0.5)
    with pytest.raises(MessengerFault, match="reached"):
        ask(account)


def test_nobody_there_is_a_fault(account, stand_in):
    nowhere = replace(account, settings={**account.settings, "base_url": "http://127.0.0.1:9"})
    with pytest.raises(MessengerFault, match="reached"):
        ask(nowhere)


def test_when_the_vendor_says_too_often_nobody_asks_until_the_window_is_over(stand_in, account):
    stand_in.limit("department/simplelist", 1, 60)
    ask(account)
    with pytest.raises(MessengerFault) as first:
        ask(account)
    assert first.value.retry_after == timedelta(minutes=1)
    asked = stand_in.count("simplelist")
    with pytest.raises(MessengerFault) as second:
        ask(account)
    assert timedelta(seconds=50) < second.value.retry_after <= timedelta(minutes=1)
    assert stand_in.count("simplelist") == asked
    assert Api.of(account).get("department/list")["department"], "other calls go on"


def test_a_days_limit_blocks_to_the_end_of_the_vendors_day(stand_in, account):
    stand_in.limit("appchat/create", 0, 86400)
    with pytest.raises(MessengerFault) as fault:
        Api.of(account).post("appchat/create", {"userlist": ["WangFang", "LiLei"]})
    assert timedelta(0) < fault.value.retry_after <= timedelta(days=1)


def test_our_own_allowance_holds_us_back_before_the_vendor_does(stand_in, account, monkeypatch):
    slow = web_api.Limit(Rate(calls=1, period=timedelta(minutes=1)), timedelta(minutes=1))
    monkeypatch.setitem(__import__("postroad.connectors.wecom.api", fromlist=["LIMITS"]).LIMITS, "user/get", slow)
    Api.of(account).get("user/get", userid="LiLei")
    with pytest.raises(MessengerFault) as fault:
        Api.of(account).get("user/get", userid="LiLei")
    assert fault.value.retry_after
    assert stand_in.count("user/get") == 1


def test_every_allowance_stays_within_the_documented_windows():
    from postroad.connectors.wecom.api import DIRECT_DELIVERIES, GROUP_DELIVERIES, LIMITS, USUAL

    minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
    for limit, window, most in [
        (USUAL, minute, 10_000),
        (USUAL, hour, 150_000),
        (LIMITS["appchat/create"], day, 1000),
        (LIMITS["appchat/update"], hour, 1000),
        (GROUP_DELIVERIES, minute, 20_000),
        (GROUP_DELIVERIES, hour, 150_000),
        (DIRECT_DELIVERIES, minute, 30),
        (DIRECT_DELIVERIES, hour, 1000),
    ]:
        rate = limit.rate
        assert (rate.burst or rate.calls) + rate.calls * (window / rate.period) <= most


def test_neither_token_nor_secret_reaches_the_log(stand_in, account, caplog):
    caplog.set_level(logging.DEBUG)
    ask(account)
    stand_in.order(Fault.DROPPED, times=100)
    with pytest.raises(MessengerFault) as fault:
        ask(account)
    stand_in.recover()
    with pytest.raises(MessengerFault):
        Api.of(account).get("user/get", userid="nobody")
    token = next(iter(stand_in._tokens))
    assert "60111" in caplog.text
    for hidden in (SECRET, token):
        assert hidden not in caplog.text
        assert hidden not in str(fault.value)
        assert hidden not in repr(Api.of(account))


def test_it_refuses_to_call_in_a_transaction(stand_in, account):
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        ask(account)
    assert stand_in.asked == []
