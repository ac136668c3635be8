"""A change of a room as the calls that make it."""

from hypothesis import assume, given
from hypothesis import strategies as st

from postroad.connectors.room_changes import everybody_but, steps_of
from postroad.messengers.protocol import RoomChange, RoomState

PEOPLE = st.sampled_from([f"User{number}" for number in range(12)])
GROUPS = st.frozensets(PEOPLE, max_size=12)


def after(state, steps, most):
    """What a strict messenger makes of the calls."""
    members, owner, name = set(state.members), state.owner_id, state.name
    for step in steps:
        assert len(step.add) <= most
        assert len(step.remove) <= most
        assert not set(step.add) & members
        members |= set(step.add)
        owner, name = step.owner_id or owner, step.name or name
        assert set(step.remove) <= members
        members -= set(step.remove)
        assert owner in members
    return RoomState(id=state.id, name=name, owner_id=owner, members=frozenset(members))


@given(
    members=GROUPS,
    owner=PEOPLE,
    add=GROUPS,
    remove=GROUPS,
    new_owner=st.none() | PEOPLE,
    name=st.none() | st.just("新名"),
    most=st.integers(1, 5),
)
def test_the_calls_make_the_change_and_a_repeat_makes_none(*, members, owner, add, remove, new_owner, name, most):
    assume(owner not in remove or new_owner)
    state = RoomState(id="r", name="旧名", owner_id=owner, members=members | {owner})
    change = RoomChange(name=name, owner_id=new_owner, add_ids=add - remove, remove_ids=remove)
    changed = after(state, steps_of(state, change, most_members=most), most)
    wanted_owner = new_owner or owner
    assert changed.owner_id == wanted_owner
    assert changed.members == ((members | {owner} | (add - remove)) - remove) | {wanted_owner}
    assert changed.name == (name or "旧名")
    assert steps_of(changed, change, most_members=most) == []


def test_user_ids_are_the_same_in_any_case():
    state = RoomState(id="r", name="n", owner_id="Wang", members=frozenset({"Wang", "li"}))
    change = RoomChange(owner_id="WANG", add_ids=frozenset({"LI"}), remove_ids=frozenset({"Li"}))
    [step] = steps_of(state, change, most_members=9)
    assert (step.add, step.remove, step.owner_id) == ((), ("li",), None)
    assert everybody_but(["b", "Wang", "a"], "wang") == ["a", "b"]
