"""Power levels of room versions up to 12: who may do what, and who answers for a room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.connectors.matrix.power import ABOVE_ALL, ADMINISTRATOR, MODERATOR, OWNER, Powers, powers_of

BOT, LI, WANG, ZHANG = (f"@{name}:company.test" for name in ("postroad", "li", "wang", "zhang"))
LEVELS = st.integers(-10, 200)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_a_creator_stands_above_all_from_version_12_on():
    powers = powers_of("12", [LI], {"users": {WANG: 100}})
    assert powers.of(LI) == ABOVE_ALL
    assert powers.of(WANG) == 100
    assert powers.strongest([LI, WANG], first="") == LI


@pytest.mark.parametrize("version", ["1", "10", "11"])
def test_a_creator_is_as_strong_as_the_list_says_before_that(version):
    powers = powers_of(version, [LI], {"users": {LI: 100, WANG: 100}})
    assert powers.of(LI) == 100
    assert powers_of(version, [LI], {"users": {}}).of(LI) == 0


def test_a_room_without_power_levels_belongs_to_its_creator():
    powers = powers_of("6", [LI], None)
    assert (powers.of(LI), powers.of(WANG)) == (ADMINISTRATOR, 0)
    assert powers.needed_to_send("m.room.name", state=True) == 0


def test_what_is_left_out_is_as_the_specification_has_it():
    powers = powers_of("11", [LI], {})
    assert [powers.needed(action) for action in ("ban", "kick", "redact", "invite")] == [50, 50, 50, 0]
    assert powers.needed_to_send("m.room.message", state=False) == 0
    assert powers.needed_to_send("m.room.topic", state=True) == 50
    assert powers.needed_to_mention_all() == 50


def test_old_rooms_hold_numbers_in_quotes():
    assert powers_of("6", [], {"users": {LI: "100"}, "kick": "60"}).of(LI) == 100
    assert powers_of("6", [], {"kick": "60"}).needed("kick") == 60


def test_among_equals_the_creator_is_the_owner_and_nobody_among_ordinary_people():
    assert powers_of("11", [], {"users": {WANG: 100, LI: 100}}).strongest([LI, WANG], first=WANG) == WANG
    assert powers_of("11", [], {"users": {WANG: 100, LI: 100}}).strongest([LI, WANG], first=ZHANG) == LI
    assert powers_of("11", [], {"users": {WANG: 49}}).strongest([LI, WANG], first=WANG) is None


def test_a_new_owner_takes_the_place_of_the_former():
    powers = powers_of("12", [BOT], {"users": {LI: OWNER, ZHANG: MODERATOR}})
    after = powers.with_owner(WANG, bot_id=BOT)
    assert after.levels["users"] == {WANG: OWNER, ZHANG: MODERATOR}
    assert after.with_owner(WANG, bot_id=BOT) == after


def test_whom_the_bot_may_not_lower_is_left():
    powers = powers_of("11", [LI], {"users": {LI: 100, BOT: 100}})
    assert powers.with_owner(WANG, bot_id=BOT).levels["users"] == {LI: 100, BOT: 100, WANG: OWNER}


def test_a_creator_is_never_put_into_the_list():
    powers = powers_of("12", [LI], {"users": {BOT: 100}})
    assert LI not in powers.with_owner(LI, bot_id=BOT).levels["users"]


@given(st.dictionaries(st.sampled_from([BOT, LI, WANG, ZHANG]), LEVELS), st.sampled_from(["11", "12"]))
def test_the_named_owner_is_one_and_the_rest_of_the_room_stays(users, version):
    before = powers_of(version, [BOT], {"users": users, "kick": 60, "events": {"m.room.name": 70}})
    after = before.with_owner(WANG, bot_id=BOT)
    assert after.is_owner(WANG)
    assert {name: level for name, level in after.levels.items() if name != "users"} == {
        "kick": 60,
        "events": {"m.room.name": 70},
    }
    for user_id in (LI, ZHANG):
        assert after.of(user_id) < OWNER or after.of(user_id) >= before.of(BOT)


@given(JSON)
def test_nonsense_is_read_as_what_holds_by_default(value):
    powers = Powers(
        frozenset(), {"users": value, "events": value, "notifications": value, "kick": {}, "users_default": []}
    )
    assert isinstance(powers.of(LI), int)
    assert isinstance(powers.needed_to_send("m.room.name", state=True), int)
    assert powers.needed("kick") == 50
