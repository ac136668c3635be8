"""What differs, and what is asked of the messenger about it. Pure."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from postroad.groups.compare import Ability, DesiredRoom, Directory, SeenRoom, change_of, compare, spec_of
from postroad.groups.models import Field, Obstacle
from postroad.messengers.protocol import Feature

EVERYTHING = Ability(features=frozenset(Feature), settings=frozenset({"searchable"}), longest_name=20, largest_room=100)
PEOPLE = [UUID(int=number) for number in range(1, 9)]
IDS = {person: f"U{person.int}" for person in PEOPLE}
STRANGERS = ["x1", "x2"]


def directory(known, left=()):
    return Directory(
        users={person: IDS[person] for person in known},
        persons={IDS[person].lower(): person for person in PEOPLE},
        names={person: f"员工{person.int}" for person in PEOPLE},
        left=frozenset(left),
    )


def wanted(**changes):
    given_ = {
        "channel_id": UUID(int=100),
        "messenger_id": UUID(int=101),
        "room_key": "key",
        "name": "销售部-日常工作群",
        "owner": PEOPLE[0],
        "members": frozenset(PEOPLE[:3]),
        "closed_list": True,
        "automatic": True,
        "fix_names": True,
        "settings": {"searchable": False},
    }
    return DesiredRoom(**{**given_, **changes})


def after(seen, change):
    """The room once a messenger has done what was asked."""
    added = {one.lower() for one in change.add_ids} | ({change.owner_id.lower()} if change.owner_id else set())
    return SeenRoom(
        name=change.name or seen.name,
        owner_id=(change.owner_id or seen.owner_id).lower(),
        members=(seen.members | added) - {one.lower() for one in change.remove_ids},
        admins=(seen.admins | {one.lower() for one in change.promote_ids})
        - {one.lower() for one in (*change.demote_ids, *change.remove_ids)},
        settings={**seen.settings, **change.settings},
    )


rooms = st.builds(
    SeenRoom,
    name=st.sampled_from(["销售部-日常工作群", "吃瓜群"]),
    owner_id=st.sampled_from([one.lower() for one in IDS.values()]),
    members=st.frozensets(st.sampled_from([*(one.lower() for one in IDS.values()), *STRANGERS])),
    admins=st.frozensets(st.sampled_from([one.lower() for one in IDS.values()])),
    settings=st.sampled_from([{}, {"searchable": True}, {"searchable": False}]),
)
people = st.frozensets(st.sampled_from(PEOPLE), min_size=1)


@given(seen=rooms, members=people, known=people, closed=st.booleans(), left=st.frozensets(st.sampled_from(PEOPLE)))
def test_asking_for_what_differs_leaves_only_what_cannot_be_repaired(seen, members, known, closed, left):
    declared = wanted(members=members | {PEOPLE[0]}, closed_list=closed)
    who = directory(known, left - declared.members)
    found = compare(declared, seen, who, EVERYTHING)
    again = compare(
        declared, after(seen, change_of(declared, tuple(one for one in found if one.repairable))), who, EVERYTHING
    )
    assert all(not one.repairable for one in again)
    assert {(one.field, one.subject) for one in again} <= {(one.field, one.subject) for one in found}


@given(members=people, known=people)
def test_a_room_made_as_asked_differs_only_by_people_who_cannot_be_invited(members, known):
    declared, who = wanted(members=members | {PEOPLE[0]}), directory(known | {PEOPLE[0]})
    spec = spec_of(declared, who, EVERYTHING)
    made = SeenRoom(
        name=spec.name,
        owner_id=spec.owner_id.lower(),
        members=frozenset(one.lower() for one in spec.member_ids),
        settings=spec.settings,
    )
    left_over = compare(declared, made, who, EVERYTHING)
    assert {one.person for one in left_over} == declared.members - (known | {PEOPLE[0]})
    assert {one.obstacle for one in left_over} <= {Obstacle.NOT_IN_DIRECTORY}


def obstacles(found):
    return {one.field: one.obstacle for one in found}


def test_what_a_messenger_does_not_offer_is_said_and_not_asked():
    poor = Ability(features=frozenset(), settings=frozenset(), longest_name=5, largest_room=2)
    seen = SeenRoom(name="吃瓜群", owner_id="u2", members=frozenset({"u2", "u7"}))
    found = compare(wanted(), seen, directory(PEOPLE), poor)
    assert obstacles(found) == {
        Field.NAME: Obstacle.TOO_LONG,
        Field.OWNER: Obstacle.NOT_OFFERED,
        Field.MISSING: Obstacle.FULL,
        Field.EXTRA: Obstacle.NOT_OFFERED,
        Field.SETTING: Obstacle.NOT_OFFERED,
    }


def test_a_group_without_anybody_to_own_it_is_not_made():
    assert obstacles(compare(wanted(owner=None), None, directory(PEOPLE), EVERYTHING)) == {
        Field.ROOM: Obstacle.NOBODY_ANSWERS
    }
    assert obstacles(compare(wanted(), None, directory(PEOPLE[1:]), EVERYTHING))[Field.ROOM] == (
        Obstacle.OWNER_NOT_IN_DIRECTORY
    )


def test_a_messenger_that_does_not_tell_the_owner_is_believed():
    seen = SeenRoom(name="销售部-日常工作群", owner_id="", members=frozenset({"u1", "u2", "u3"}))
    assert compare(wanted(), seen, directory(PEOPLE), EVERYTHING) == ()


def test_administrators_are_those_who_may_manage_by_the_permission_list():
    seen = SeenRoom(
        name="销售部-日常工作群",
        owner_id="u1",
        members=frozenset({"u1", "u2", "u3", "u7"}),
        admins=frozenset({"u1", "u2", "u7"}),
    )
    found = compare(wanted(admins=frozenset({PEOPLE[2]})), seen, directory(PEOPLE), EVERYTHING)
    told = [(one.person, one.declared, one.observed) for one in found if one.field == Field.ADMIN]
    assert told == [(PEOPLE[1], "member", "admin"), (PEOPLE[2], "admin", "member")]
    change = change_of(wanted(), found)
    assert (change.promote_ids, change.demote_ids) == ({"U3"}, {"U2"})
    silent = Ability(
        features=frozenset(Feature) - {Feature.CHANGE_ADMINS}, settings=frozenset(), longest_name=20, largest_room=9
    )
    assert not [one for one in compare(wanted(), seen, directory(PEOPLE), silent) if one.field == Field.ADMIN]


def test_a_free_group_loses_only_those_who_left():
    seen = SeenRoom(name="销售部-日常工作群", owner_id="u1", members=frozenset({"u1", "u4", "u5", "x1"}))
    found = compare(
        wanted(closed_list=False, members=frozenset()), seen, directory(PEOPLE, left=[PEOPLE[4]]), EVERYTHING
    )
    assert [(one.field, one.person) for one in found] == [(Field.EXTRA, PEOPLE[4])]
