"""Contacts and app groups, against the stand-in."""

from uuid import UUID

import pytest

from postroad.connectors.wecom.connector import WeCom
from postroad.connectors.wecom.rooms import MEMBERS_PER_CALL
from postroad.connectors.wecom.tests.world import account_of, sales_room
from postroad.messengers.protocol import MessengerFault, NoSuchRoom, RoomChange
from tests.standins.http import Fault

WECOM = WeCom()


def folded(user_ids):
    return {one.casefold() for one in user_ids}


# --- people ---


def test_everybody_is_read_once_with_their_departments(stand_in, account):
    found = WECOM.read_directory(account)
    assert found.complete
    assert {one.id: one.parent_id for one in found.departments} == {"1": None, "2": "1", "3": "2"}
    assert {one.id for one in found.people} == {"WangFang", "LiLei", "HanMei", "ZhaoLiu"}
    [lilei] = [one for one in found.people if one.id == "LiLei"]
    assert lilei.department_ids == ("2", "3")
    assert lilei.staff_no == "LiLei"
    [sales] = [one for one in found.departments if one.id == "2"]
    assert sales.head_ids == ("WangFang",)


def test_a_smaller_range_is_read_and_said_to_be_incomplete(stand_in, account):
    stand_in.visible = frozenset({2})
    found = WECOM.read_directory(account)
    assert not found.complete
    assert {one.id: one.parent_id for one in found.departments} == {"2": None, "3": "2"}
    assert "ZhaoLiu" not in {one.id for one in found.people}


def test_the_staff_number_may_stand_in_an_attribute(stand_in, account):
    stand_in.people["lilei"].fields["extattr"] = {"attrs": [{"type": 0, "name": "工号", "text": {"value": "A-17"}}]}
    found = WECOM.read_directory(account_of(stand_in, staff_no_attribute="工号"))
    assert {one.id: one.staff_no for one in found.people} == {
        "WangFang": "",
        "LiLei": "A-17",
        "HanMei": "",
        "ZhaoLiu": "",
    }


def test_who_is_switched_off_is_not_active(stand_in, account):
    stand_in.people["lilei"].active = False
    found = WECOM.read_directory(account)
    assert [one.id for one in found.people if not one.active] == ["LiLei"]


def test_half_a_directory_is_never_returned(stand_in, account):
    stand_in.limit("user/list", 2, 60)
    with pytest.raises(MessengerFault):
        WECOM.read_directory(account)


# --- rooms ---


def test_a_room_is_made_as_asked_and_read_back(stand_in, account):
    room_id = WECOM.make_room(account, sales_room())
    state = WECOM.read_room(account, room_id)
    assert (state.name, state.owner_id, state.members) == (
        "销售部群",
        "WangFang",
        frozenset({"WangFang", "LiLei", "HanMei"}),
    )


def test_making_twice_makes_one(stand_in, account):
    first = WECOM.make_room(account, sales_room())
    assert WECOM.make_room(account, sales_room()) == first
    assert len(stand_in.chats) == 1


def test_an_answer_that_got_lost_does_not_make_a_second_room(stand_in, account):
    stand_in.order(Fault.LOST, path="appchat/create")
    room_id = WECOM.make_room(account, sales_room())
    assert list(stand_in.chats) == [room_id]


def test_the_same_key_of_another_messenger_is_another_room(stand_in, account):
    other = account_of(stand_in, messenger_id=UUID(int=7))
    assert WECOM.make_room(account, sales_room()) != WECOM.make_room(other, sales_room())


def test_a_large_room_is_made_in_batches_and_completed_after_a_crash(stand_in, account):
    people = [f"u{number:04}" for number in range(2 * MEMBERS_PER_CALL + 3)]
    for one in people:
        stand_in.hire(one, one)
    spec = sales_room(owner_id=people[7], member_ids=frozenset(people))
    stand_in.order(Fault.HTML, path="appchat/update")
    with pytest.raises(MessengerFault):
        WECOM.make_room(account, spec)
    room_id = WECOM.make_room(account, spec)
    assert WECOM.read_room(account, room_id).members == frozenset(people)
    assert len(stand_in.chats) == 1
    batches = [one.json for one in stand_in.asked if "appchat/" in one.path and one.method == "POST"]
    assert max(len(one.get("userlist", one.get("add_user_list", ()))) for one in batches) <= MEMBERS_PER_CALL


@pytest.mark.parametrize("members", [frozenset({"WangFang"}), frozenset()])
def test_one_person_is_no_group(stand_in, account, members):
    with pytest.raises(MessengerFault, match="two people") as fault:
        WECOM.make_room(account, sales_room(member_ids=members))
    assert fault.value.permanent
    assert stand_in.count("appchat") == 0


def test_a_stranger_among_the_members_is_said(stand_in, account):
    with pytest.raises(MessengerFault, match="not in the directory") as fault:
        WECOM.make_room(account, sales_room(member_ids=frozenset({"Nobody"})))
    assert fault.value.permanent


def test_name_owner_and_members_change_and_a_repeat_asks_for_nothing(stand_in, account):
    room_id = WECOM.make_room(account, sales_room())
    change = RoomChange(
        name="华北销售群",
        owner_id="LiLei",
        add_ids=frozenset({"ZhaoLiu"}),
        remove_ids=frozenset({"WangFang", "HanMei"}),
    )
    WECOM.change_room(account, room_id, change)
    state = WECOM.read_room(account, room_id)
    assert (state.name, state.owner_id, state.members) == ("华北销售群", "LiLei", frozenset({"LiLei", "ZhaoLiu"}))
    asked = stand_in.count("appchat/update")
    WECOM.change_room(account, room_id, change)
    assert stand_in.count("appchat/update") == asked


def test_a_new_owner_need_not_be_a_member_before(stand_in, account):
    room_id = WECOM.make_room(account, sales_room())
    WECOM.change_room(account, room_id, RoomChange(owner_id="ZhaoLiu"))
    state = WECOM.read_room(account, room_id)
    assert state.owner_id == "ZhaoLiu"
    assert "ZhaoLiu" in state.members


def test_the_owner_does_not_go_without_a_new_one(stand_in, account):
    room_id = WECOM.make_room(account, sales_room())
    with pytest.raises(MessengerFault, match="owner") as fault:
        WECOM.change_room(account, room_id, RoomChange(remove_ids=frozenset({"WangFang"})))
    assert fault.value.permanent
    assert WECOM.read_room(account, room_id).owner_id == "WangFang"


def test_user_ids_are_the_same_in_any_case(stand_in, account):
    stand_in.lower_case = True
    room_id = WECOM.make_room(account, sales_room())
    asked = stand_in.count("appchat/update")
    WECOM.change_room(account, room_id, RoomChange(owner_id="WANGFANG", add_ids=frozenset({"LILEI", "HanMei"})))
    assert stand_in.count("appchat/update") == asked
    WECOM.change_room(account, room_id, RoomChange(remove_ids=frozenset({"LiLei"})))
    assert folded(WECOM.read_room(account, room_id).members) == {"wangfang", "hanmei"}


def test_of_the_known_rooms_those_that_are_there_are_read(stand_in, account):
    made = [WECOM.make_room(account, sales_room(key=key)) for key in ("a", "b")]
    assert [one.id for one in WECOM.rooms(account, known=[*made, "f" * 32])] == made


def test_a_room_of_another_app_is_out_of_sight(stand_in, account):
    room_id = WECOM.make_room(account, sales_room())
    stand_in.chats[room_id].app = "another"
    with pytest.raises(NoSuchRoom):
        WECOM.read_room(account, room_id)
    with pytest.raises(NoSuchRoom):
        WECOM.change_room(account, room_id, RoomChange(name="x"))


def test_closing_leaves_the_owner_and_one_more(stand_in, account):
    room_id = WECOM.make_room(account, sales_room())
    for _ in range(2):
        WECOM.close_room(account, room_id)
    state = WECOM.read_room(account, room_id)
    assert state.owner_id == "WangFang"
    assert len(state.members) == 2


def test_health_tells_what_is_wrong(stand_in, account):
    assert WECOM.check(account).ok is True
    stand_in.visible = frozenset({2})
    assert "whole company" in WECOM.check(account).detail
    stand_in.break_down()
    health = WECOM.check(account)
    assert health.ok is False
    assert health.detail
