"""Planning is pure: what must hold of every plan, whatever a directory says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.directory.guard import hold_of
from postroad.directory.models import SyncRun
from postroad.directory.planning import Known, KnownPerson, Link, Plan, Policy, folded, plan
from postroad.messengers.protocol import DirectoryDepartment, DirectoryPerson, DirectorySnapshot
from postroad.platform.ids import new_id

Hold = SyncRun.Hold
SOURCE = new_id()
PEOPLE = st.lists(
    st.builds(
        DirectoryPerson,
        id=st.sampled_from([f"e{n}" for n in range(12)]),
        name=st.sampled_from(["李娜", "赵强", "孙 丽", ""]),
        staff_no=st.sampled_from(["", "A1", "a1", "A2", "A3", "A4"]),
        mail=st.sampled_from(["", "x@c.test", "X@c.test", "y@c.test"]),
        active=st.booleans(),
    ),
    unique_by=lambda entry: entry.id,
)
DEPARTMENTS = st.lists(
    st.builds(
        DirectoryDepartment,
        id=st.sampled_from([f"d{n}" for n in range(6)]),
        name=st.sampled_from(["研发部", "销售部", "测试组", ""]),
        parent_id=st.sampled_from([None, *(f"d{n}" for n in range(7))]),
    ),
    unique_by=lambda entry: entry.id,
)


def planned(snapshot: DirectorySnapshot, known: Known | None = None, **policy) -> Plan:
    return plan(
        snapshot,
        known or Known(source_id=SOURCE),
        Policy(**policy),
        mail_digest=lambda mail: mail.lower().encode() or None,
        digest=lambda entry: repr(entry).encode(),
    )


@given(PEOPLE)
def test_nobody_is_planned_twice_and_whoever_is_not_planned_is_told_of(people):
    made = planned(DirectorySnapshot((), tuple(people)))
    numbers = [step.staff_no.upper() for step in made.people]
    mails = [step.entry.mail.lower() for step in made.people if step.entry.mail]
    assert len(numbers) == len(set(numbers))
    assert len(mails) == len(set(mails))
    told = {step.entry.id for step in made.people} | {found.entry.id for found in made.conflicts}
    assert told == {entry.id for entry in people if entry.active}
    assert made.ends == []


@given(PEOPLE, st.booleans())
def test_only_who_is_answered_for_ends_and_only_when_shown_inactive_or_not_shown_at_all(people, complete):
    mine, other = (
        KnownPerson(id=new_id(), staff_no=f"Z{n}", names=frozenset({folded("李娜")}), owner=owner)
        for n, owner in ((1, SOURCE), (2, new_id()))
    )
    known = Known(
        source_id=SOURCE,
        people={one.id: one for one in (mine, other)},
        links={"e1": Link(person_id=mine.id, owns=True), "e2": Link(person_id=other.id, owns=False)},
    )
    made = planned(DirectorySnapshot((), tuple(people), complete=complete), known)
    shown = {entry.id: entry for entry in people}
    gone = shown["e1"].active is False if "e1" in shown else complete
    assert [end.person_id for end in made.ends] == ([mine.id] if gone else [])


@given(DEPARTMENTS)
def test_a_department_comes_after_its_parent_and_everything_else_is_told_of(departments):
    made = planned(DirectorySnapshot(tuple(departments), ()))
    seen: set[str] = set()
    for step in made.departments:
        assert step.parent is None or step.parent in seen
        seen.add(step.entry.id)
    blamed = {found.entry.id for found in made.conflicts}
    assert not seen & blamed
    by_id = {entry.id: entry for entry in departments}
    for entry in departments:
        above, chain = entry, set()
        while above.id not in blamed and above.parent_id in by_id and above.id not in chain:
            chain.add(above.id)
            above = by_id[above.parent_id]
        assert entry.id in seen or above.id in blamed


@pytest.mark.parametrize(
    ("ending", "lately", "working", "held"),
    [
        (0, 50, 100, None),
        (1, 0, 3, None),
        (1, 1, 30, Hold.TOO_MANY),
        (2, 0, 40, None),
        (2, 0, 39, Hold.TOO_MANY),
        (5, 0, 100, None),
        (6, 0, 100, Hold.TOO_MANY),
        (3, 3, 97, Hold.TOO_MANY),
        (250, 0, 5000, None),
        (251, 0, 5000, Hold.TOO_MANY),
    ],
)
def test_more_than_five_per_cent_and_at_least_two_people_wait(ending, lately, working, held):
    assert hold_of(ending=ending, ended_lately=lately, working=working, shown=1, complete=True, first=False) == held
