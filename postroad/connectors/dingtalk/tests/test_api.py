"""Calls to DingTalk: tokens, limits, faults, on both interfaces."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.connectors.dingtalk import api
from postroad.connectors.dingtalk.api import Api
from postroad.connectors.dingtalk.tests.world import account_of
from postroad.connectors.web_api import Unanswered
from postroad.messengers.protocol import MessengerFault, NoSuchRoom
from tests.standins.dingtalk import APP_SECRET
from tests.standins.http import Fault

ASK_OLD = ("topapi/v2/department/get", {"dept_id": 1})
ASK_NEW = ("v1.0/im/sceneGroups/query", {"openConversationId": "cid-none"})


@pytest.fixture
def account(stand_in):
    return account_of(stand_in)


def test_one_token_serves_both_interfaces(stand_in, account):
    for _ in range(2):
        assert Api.of(account).old_post(*ASK_OLD)["result"]["name"] == "总公司"
        with pytest.raises(NoSuchRoom):
            Api.of(account).post(*ASK_NEW)
    assert stand_in.count("accessToken") == 1


@pytest.mark.parametrize("interface", ["old", "new"])
def test_a_token_that_ended_early_is_fetched_anew_once(stand_in, account, interface):
    Api.of(account).old_post(*ASK_OLD)
    stand_in.revoke_tokens()
    if interface == "old":
        assert Api.of(account).old_post(*ASK_OLD)["result"]
    else:
        with pytest.raises(NoSuchRoom):
            Api.of(account).post(*ASK_NEW)
    assert stand_in.count("accessToken") == 2


def test_a_wrong_secret_is_said_and_can_be_mended(stand_in, account):
    with pytest.raises(MessengerFault, match="Client Secret is wrong") as fault:
        Api.of(replace(account, secrets={"app_secret": "wrong"})).old_post(*ASK_OLD)
    assert not fault.value.permanent


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.DROPPED, Fault.LOST])
def test_a_passing_fault_is_not_noticed(stand_in, account, fault):
    stand_in.order(fault, path="department/get")
    assert Api.of(account).old_post(*ASK_OLD)["result"]


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.DROPPED, Fault.LOST])
def test_what_must_not_be_done_twice_is_not_asked_twice(stand_in, account, fault):
    stand_in.order(fault, path="sceneGroups/query")
    with pytest.raises(Unanswered):
        Api.of(account).post(*ASK_NEW, repeatable=False)
    assert stand_in.count("sceneGroups/query") == 1


@pytest.mark.parametrize("how", ["page", "JSON"])
def test_when_our_address_is_blocked_nobody_asks_for_five_minutes(stand_in, account, how):
    if how == "page":
        stand_in.order(Fault.HTML, path="department/get")
    else:
        Api.of(account).old_post(*ASK_OLD)
        stand_in.blocked = True
    with pytest.raises(MessengerFault) as fault:
        Api.of(account).old_post(*ASK_OLD)
    assert fault.value.retry_after == timedelta(minutes=5)
    stand_in.blocked = False
    asked = len(stand_in.asked)
    with pytest.raises(MessengerFault) as fault:
        Api.of(account).post(*ASK_NEW)
    assert timedelta(minutes=4) < fault.value.retry_after <= timedelta(minutes=5)
    assert len(stand_in.asked) == asked


def test_a_second_too_fast_is_waited_for(stand_in, account):
    stand_in.limit("topapi/v2/department/get", 1, 0.9)
    assert Api.of(account).old_post(*ASK_OLD)["result"]
    assert Api.of(account).old_post(*ASK_OLD)["result"]


def test_when_the_month_is_spent_only_uncounted_calls_go_on(stand_in, account):
    stand_in.limit("month", 0, 3600)
    with pytest.raises(MessengerFault) as fault:
        Api.of(account).post(*ASK_NEW)
    assert timedelta(0) < fault.value.retry_after <= timedelta(days=31)
    asked = stand_in.count("sceneGroups")
    with pytest.raises(MessengerFault):
        Api.of(account).post(*ASK_NEW)
    assert stand_in.count("sceneGroups") == asked
    assert Api.of(account).old_post(*ASK_OLD)["result"], "contacts are not counted"


def test_we_keep_within_the_month_ourselves(stand_in, account):
    few = Api.of(replace(account, settings={**account.settings, "calls_per_month": 4}))
    for _ in range(2):
        with pytest.raises(NoSuchRoom):
            few.post(*ASK_NEW)
    with pytest.raises(MessengerFault) as fault:
        few.post(*ASK_NEW)
    assert fault.value.retry_after > timedelta(days=1)
    assert stand_in.count("sceneGroups") == 2


def test_what_is_done_by_the_clock_leaves_calls_for_messages_and_changes(stand_in, account):
    few = Api.of(replace(account, settings={**account.settings, "calls_per_month": 8}))
    for _ in range(2):
        with pytest.raises(NoSuchRoom):
            few.sparing().post(*ASK_NEW)
    with pytest.raises(MessengerFault) as fault:
        few.sparing().post(*ASK_NEW)
    assert fault.value.retry_after
    with pytest.raises(NoSuchRoom):
        few.post(*ASK_NEW)


def test_every_allowance_stays_within_the_documented_windows():
    month = api._within_a_month(5_000)
    for limit, window, most in [
        (api.USUAL, timedelta(seconds=1), 20),
        (api.ADDRESS, timedelta(seconds=20), 10_000),
        (month, api.MONTH, 5_000),
    ]:
        rate = limit.rate
        assert (rate.burst or rate.calls) + rate.calls * (window / rate.period) <= most


def test_neither_token_nor_secret_reaches_the_log(stand_in, account, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(NoSuchRoom):
        Api.of(account).post(*ASK_NEW)
    Api.of(account).old_post(*ASK_OLD)
    token = stand_in._token[0]
    assert "group.nonexist" in caplog.text
    for hidden in (APP_SECRET, token):
        assert hidden not in caplog.text
        assert hidden not in repr(Api.of(account))


def test_reading_all_groups_is_spread_so_that_half_a_months_calls_suffice(account):
    standard = replace(Api.of(account), calls_per_month=5_000)
    assert standard.between_rounds(calls=1) == timedelta(minutes=25)
    a_hundred_groups = standard.between_rounds(calls=300)
    assert timedelta(days=30) / a_hundred_groups * 300 == pytest.approx(2_500)
    assert replace(standard, calls_per_month=0).between_rounds(calls=300) == timedelta(minutes=25)
