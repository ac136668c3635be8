"""Our words for a room's settings, read from and written to Matrix's state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.connectors.matrix.settings import read_settings, set_powers, state_to_set
from postroad.connectors.matrix.state import OWNER_EVENT, State, moment
from postroad.messengers.protocol import MessengerFault, RoomSetting

BOT, LI, WANG, ZHANG = (f"@{name}:company.test" for name in ("postroad", "li", "wang", "zhang"))
OF_POWER = (RoomSetting.POSTING_RESTRICTED, RoomSetting.MENTION_ALL_RESTRICTED, RoomSetting.MANAGING_RESTRICTED)


def state_of(*, creator=LI, version="11", **contents) -> State:
    """State with `m_room_name={…}` for each event, and everybody of `members` in the room."""
    members = contents.pop("members", (LI, WANG, ZHANG))
    events = [{"type": "m.room.create", "state_key": "", "sender": creator, "content": {"room_version": version}}]
    events += [{"type": "m.room.member", "state_key": one, "content": {"membership": "join"}} for one in members]
    for name, content in contents.items():
        events.append({"type": name.replace("m_room_", "m.room."), "state_key": "", "sender": BOT, "content": content})
    return State.of(events)


def test_a_room_as_clients_make_it():
    state = state_of(
        m_room_power_levels={"users": {LI: 100}, "invite": 0, "events": {"m.room.name": 50}},
        m_room_join_rules={"join_rule": "invite"},
        m_room_history_visibility={"history_visibility": "shared"},
    )
    assert read_settings(state, is_listed=False) == {
        RoomSetting.POSTING_RESTRICTED: False,
        RoomSetting.MENTION_ALL_RESTRICTED: True,
        RoomSetting.MANAGING_RESTRICTED: False,
        RoomSetting.SEARCHABLE: False,
        RoomSetting.JOINING_NEEDS_APPROVAL: True,
        RoomSetting.HISTORY_FOR_NEWCOMERS: True,
        RoomSetting.ENCRYPTED: False,
        RoomSetting.TOPIC: "",
    }


@given(
    st.fixed_dictionaries(dict.fromkeys(OF_POWER, st.booleans())),
    st.dictionaries(st.sampled_from(["m.room.message", "m.room.name"]), st.integers(0, 100)),
)
def test_what_is_set_of_power_is_read_back(settings, events):
    state = state_of(m_room_power_levels={"users": {LI: 100}, "events": events})
    levels = set_powers(state.powers(), settings).levels
    after = read_settings(state_of(m_room_power_levels=levels), is_listed=False)
    assert {name: after[name] for name in OF_POWER} == settings
    assert levels["users"] == {LI: 100}


def test_an_exception_for_one_kind_of_message_does_not_undo_a_restriction():
    state = state_of(m_room_power_levels={"events_default": 50, "events": {"m.room.message": 0}})
    assert read_settings(state, is_listed=False)[RoomSetting.POSTING_RESTRICTED] is False
    levels = set_powers(state.powers(), {RoomSetting.POSTING_RESTRICTED: True}).levels
    assert levels["events"] == {}


def test_only_what_differs_is_written():
    state = state_of(m_room_topic={"topic": "报价"}, m_room_join_rules={"join_rule": "knock"})
    wanted = {
        RoomSetting.TOPIC: "报价",
        RoomSetting.JOINING_NEEDS_APPROVAL: True,
        RoomSetting.HISTORY_FOR_NEWCOMERS: False,
    }
    assert list(state_to_set(state, wanted)) == [("m.room.history_visibility", {"history_visibility": "joined"})]


def test_encryption_is_for_good():
    state = state_of(m_room_encryption={"algorithm": "m.megolm.v1.aes-sha2"})
    assert list(state_to_set(state, {RoomSetting.ENCRYPTED: True})) == []
    with pytest.raises(MessengerFault) as fault:
        list(state_to_set(state, {RoomSetting.ENCRYPTED: False}))
    assert fault.value.permanent


def test_the_owner_is_whom_the_bot_named_while_they_can_be():
    levels = {"users": {LI: 100, WANG: 90, BOT: 100}}
    named = {OWNER_EVENT: {"user_id": WANG}}
    assert state_of(m_room_power_levels=levels, **named).owner_id(bot_id=BOT) == WANG
    assert state_of(m_room_power_levels=levels).owner_id(bot_id=BOT) == LI
    # Gone from the room, without the power, or named by somebody else: then it is the strongest.
    assert state_of(m_room_power_levels=levels, members=(LI,), **named).owner_id(bot_id=BOT) == LI
    assert state_of(m_room_power_levels={"users": {LI: 100}}, **named).owner_id(bot_id=BOT) == LI
    assert state_of(m_room_power_levels=levels, **named).owner_id(bot_id="@other:company.test") == LI


@pytest.mark.parametrize(
    ("contents", "is_group"),
    [
        ({"members": (LI, WANG)}, False),
        ({"members": (LI, WANG, BOT)}, False),
        ({"members": (LI, WANG, ZHANG)}, True),
        ({"members": (LI, WANG), "m_room_name": {"name": "两人组"}}, True),
        ({"members": (LI,), "m_room_canonical_alias": {"alias": "#a:company.test"}}, True),
    ],
)
def test_an_unnamed_room_of_two_is_private(contents, is_group):
    assert state_of(**contents).is_group(bot_id=BOT) is is_group


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text())
def test_a_time_that_is_none_is_none(value):
    found = moment(value)
    assert found is None or found.tzinfo is not None
