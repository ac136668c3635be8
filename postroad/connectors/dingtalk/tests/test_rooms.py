"""Contacts and groups, against the stand-in; groups with and without a template."""

from datetime import timedelta

import pytest

from postroad.connectors.dingtalk import internal_groups
from postroad.connectors.dingtalk.connector import DingTalk
from postroad.connectors.dingtalk.models import InternalGroup
from postroad.connectors.dingtalk.tests.world import account_of, sales_room
from postroad.messengers.protocol import MessengerFault, NoSuchRoom, RoomChange, RoomSetting
from tests.standins.http import Fault

DINGTALK = DingTalk()


# --- people ---


def test_everybody_is_read_once_with_their_departments_and_heads(stand_in):
    found = DINGTALK.read_directory(account_of(stand_in))
    assert found.complete
    assert {one.id: (one.parent_id, one.head_ids) for one in found.departments} == {
        "1": (None, ()),
        "2": ("1", ("wangfang",)),
        "3": ("2", ()),
    }
    people = {one.id: one for one in found.people}
    assert set(people) == {"wangfang", "lilei", "hanmei", "zhaoliu"}
    assert (people["wangfang"].staff_no, people["wangfang"].mail) == ("A1", "wf@example.test")
    assert people["lilei"].department_ids == ("2", "3")


def test_who_has_not_signed_in_yet_works_here_all_the_same(stand_in):
    stand_in.people["lilei"].active = False
    assert all(one.active for one in DINGTALK.read_directory(account_of(stand_in)).people)


def test_a_scope_without_the_root_is_an_error_and_not_a_small_company(stand_in):
    stand_in.scope = frozenset({2})
    with pytest.raises(MessengerFault, match="contact scope"):
        DINGTALK.read_directory(account_of(stand_in))
    assert "contact scope" in DINGTALK.check(account_of(stand_in)).detail


def test_contacts_do_not_count_for_the_month(stand_in):
    stand_in.limit("month", 0, 3600)
    assert DINGTALK.read_directory(account_of(stand_in)).people


# --- rooms, both kinds ---


def test_a_room_is_made_as_asked_and_read_back(stand_in, account):
    spec = sales_room(settings={RoomSetting.MENTION_ALL_RESTRICTED: True})
    state = DINGTALK.read_room(account, DINGTALK.make_room(account, spec))
    assert (state.name, state.owner_id, state.members) == ("销售部群", "wangfang", spec.member_ids)
    assert state.settings[RoomSetting.MENTION_ALL_RESTRICTED] is True
    assert state.settings[RoomSetting.SEARCHABLE] is False


def test_name_owner_settings_and_members_change_and_a_repeat_asks_for_nothing(stand_in, account):
    room_id = DINGTALK.make_room(account, sales_room())
    change = RoomChange(
        name="华北销售群",
        owner_id="lilei",
        add_ids=frozenset({"zhaoliu"}),
        remove_ids=frozenset({"wangfang", "hanmei"}),
        settings={RoomSetting.POSTING_RESTRICTED: True},
    )
    DINGTALK.change_room(account, room_id, change)
    state = DINGTALK.read_room(account, room_id)
    assert (state.name, state.owner_id, state.members) == ("华北销售群", "lilei", frozenset({"lilei", "zhaoliu"}))
    assert state.settings[RoomSetting.POSTING_RESTRICTED] is True
    writes = [one for one in stand_in.asked if "update" in one.path or "member/" in one.path]
    DINGTALK.change_room(account, room_id, change)
    assert [one for one in stand_in.asked if "update" in one.path or "member/" in one.path] == writes


def test_a_large_room_is_made_in_batches_and_completed_after_a_crash(stand_in, account):
    people = [f"u{number:03}" for number in range(95)]
    for one in people:
        stand_in.hire(one, one)
    spec = sales_room(owner_id=people[50], member_ids=frozenset(people))
    adding = "member/add" if account.settings["template_id"] else "group/update"
    stand_in.order(Fault.BROKEN, path=adding, times=3)
    with pytest.raises(MessengerFault):
        DINGTALK.make_room(account, spec)
    room_id = DINGTALK.make_room(account, spec)
    assert DINGTALK.read_room(account, room_id).members == frozenset(people)
    assert len(stand_in.groups) == 1


def test_an_owner_out_of_scope_is_said(stand_in, account):
    with pytest.raises(MessengerFault, match=r"visible range|directory") as fault:
        DINGTALK.make_room(account, sales_room(owner_id="nobody"))
    assert fault.value.permanent


# --- with a template ---


def test_an_answer_that_got_lost_does_not_make_a_second_scene_group(stand_in):
    account = account_of(stand_in)
    stand_in.order(Fault.LOST, path="sceneGroup/create")
    room_id = DINGTALK.make_room(account, sales_room())
    assert list(stand_in.groups) == [room_id]


def test_a_scene_group_ends(stand_in):
    account = account_of(stand_in)
    room_id = DINGTALK.make_room(account, sales_room())
    for _ in range(2):
        DINGTALK.close_room(account, room_id)
    with pytest.raises(NoSuchRoom):
        DINGTALK.read_room(account, room_id)


def test_a_template_of_another_app_is_said_and_can_be_mended(stand_in):
    with pytest.raises(MessengerFault, match="template") as fault:
        DINGTALK.make_room(account_of(stand_in, template_id="other"), sales_room())
    assert not fault.value.permanent


# --- without ---


def test_an_answer_that_got_lost_is_said_and_not_asked_again_for_a_day(stand_in):
    account = account_of(stand_in, template_id="")
    stand_in.order(Fault.LOST, path="group/create")
    with pytest.raises(MessengerFault) as first:
        DINGTALK.make_room(account, sales_room())
    assert not first.value.permanent
    with pytest.raises(MessengerFault, match="answer got lost") as second:
        DINGTALK.make_room(account, sales_room())
    assert timedelta(hours=23) < second.value.retry_after <= timedelta(days=1)
    assert len(stand_in.groups) == 1


def test_a_day_later_it_is_asked_again_once(stand_in, monkeypatch):
    account = account_of(stand_in, template_id="")
    stand_in.order(Fault.DROPPED, path="group/create")
    with pytest.raises(MessengerFault):
        DINGTALK.make_room(account, sales_room())
    monkeypatch.setattr(internal_groups, "UNSURE_FOR", timedelta(0))
    room_id = DINGTALK.make_room(account, sales_room())
    assert list(stand_in.groups) == [room_id]
    assert DINGTALK.make_room(account, sales_room()) == room_id


def test_what_was_refused_for_sure_can_be_asked_at_once(stand_in):
    account = account_of(stand_in, template_id="")
    with pytest.raises(MessengerFault):
        DINGTALK.make_room(account, sales_room(member_ids=frozenset({"nobody"})))
    assert not InternalGroup.objects.exists()
    assert DINGTALK.make_room(account, sales_room())


def test_an_internal_group_cannot_end_but_empties(stand_in):
    account = account_of(stand_in, template_id="")
    room_id = DINGTALK.make_room(account, sales_room())
    for _ in range(2):
        DINGTALK.close_room(account, room_id)
    assert DINGTALK.read_room(account, room_id).members == frozenset({"wangfang"})


def test_an_internal_group_stays_manageable_when_a_template_is_named_later(stand_in):
    room_id = DINGTALK.make_room(account_of(stand_in, template_id=""), sales_room())
    later = account_of(stand_in)
    DINGTALK.change_room(later, room_id, RoomChange(name="新名"))
    assert DINGTALK.read_room(later, room_id).name == "新名"
