"""The full plan of 800 groups and 5,000 people from cold, against the bare cost of reading the same state.

Both read the whole directory and every group over HTTP from the WeCom stand-in. Bare: read and forget. Plan: keep in the
mirror what is seen, match people, work out what is declared, compare, and put every difference on record. Nothing is
in the mirror before but the groups' ids, which WeCom cannot list. The one-person plan follows a move: it reads nothing.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scratch import installation

PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
GROUPS = int(sys.argv[2]) if len(sys.argv) > 2 else 800
ROUNDS = 3
TEAMS_A_DIVISION = 15


def main() -> None:
    with installation():
        from tests.standins.wecom import WeComStandIn

        with WeComStandIn() as stand_in:
            measure(stand_in)


def measure(stand_in) -> None:
    messenger = company(stand_in)
    declare(messenger)
    rooms(stand_in, messenger)
    bare, full, compared = [], [], []
    for number in range(ROUNDS):
        bare.append(timed(lambda: read_bare(messenger)))
        forget()
        full.append(timed(lambda: read_and_plan(messenger)))
        compared.append(timed(plan_alone))
        print(
            f"  round {number + 1}: bare {bare[-1]:.2f} s, plan from cold {full[-1]:.2f} s, comparing {compared[-1]:.2f} s"
        )
    ratio = statistics.median(full) / statistics.median(bare)
    print(
        f"full plan of {GROUPS} groups, {PEOPLE} people: {statistics.median(full):.2f} s, bare reading {statistics.median(bare):.2f} s, ratio {ratio:.2f}"
    )
    print(f"of that, working out and comparing (reading the mirror): {statistics.median(compared):.2f} s")
    one_move()


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def company(stand_in):
    """Divisions with teams below them; every team and every division has a group."""
    from postroad.messengers.models import Messenger
    from postroad.org.models import Department, Person, Post, today
    from postroad.org.roles import Role
    from tests.standins.wecom import AGENT, CORP, SECRET

    divisions = GROUPS // (TEAMS_A_DIVISION + 1)
    top = [Department(code=f"V{number}", name=f"第{number}事业部") for number in range(divisions)]
    teams = [
        Department(code=f"T{number}", name=f"第{number}组", parent=top[number % divisions])
        for number in range(GROUPS - divisions)
    ]
    Department.objects.bulk_create([*top, *teams])
    places = [*top, *teams]
    joined = today().replace(year=2020, day=1)
    people = [
        Person(staff_no=f"E{number}", name=f"员工{number}", department=places[number % len(places)], joined_on=joined)
        for number in range(PEOPLE)
    ]
    Person.objects.bulk_create(people)
    Post.objects.bulk_create(
        Post(person=people[number], role=Role.DEPARTMENT_HEAD, department=place, starts_on=joined)
        for number, place in enumerate(places)
    )
    for one in people:
        stand_in.hire(one.staff_no, one.name)
    from postroad.messengers import actions
    from postroad.platform.actors import Actor

    actions.connect_messenger(
        key="wecom",
        name="企业微信",
        connector="wecom",
        settings={"corp_id": CORP, "agent_id": AGENT, "base_url": stand_in.url},
        secrets={"app_secret": SECRET},
        actor=Actor.system("bench"),
    )
    return Messenger.objects.get()


def declare(messenger) -> None:
    """A template for all departments, put in force without the days of an approval."""
    from django.utils import timezone

    from postroad.approvals.models import Request
    from postroad.approvals.queries import current_version
    from postroad.groups.actions import declare_groups
    from postroad.groups.models import GroupTemplate
    from postroad.org.models import Person

    template = GroupTemplate.objects.create(
        name="部门群",
        key="daily",
        kind="department",
        messenger=messenger,
        pattern="{department}-日常工作群",
        purpose="日常",
        confidentiality="internal",
        include_below=True,
        state="in-force",
    )
    Request.objects.create(
        kind="groups.template",
        flow_version=current_version("groups.template"),
        applicant=Person.objects.first(),
        subject_type="groups.grouptemplate",
        subject_id=str(template.pk),
        title="bench",
        state="approved",
        submitted_at=timezone.now(),
        closed_at=timezone.now(),
    )
    assert declare_groups() == GROUPS


def rooms(stand_in, messenger) -> None:
    """Every group is there; one in ten is called otherwise, has somebody too many, and misses somebody."""
    from django.utils import timezone

    from postroad.groups.desired import desired_rooms
    from postroad.messengers.models import Room
    from postroad.org.models import Person
    from tests.standins.wecom import SECRET, Chat

    staff = dict(Person.objects.values_list("pk", "staff_no"))
    now = timezone.now()
    kept = []
    for number, wanted in enumerate(desired_rooms().values()):
        owner = staff[wanted.owner]
        members = [staff[one] for one in wanted.members]
        name = wanted.name
        if number % 10 == 0:
            name = f"吃瓜群{number}"
            members = [owner, *[one for one in members if one != owner][1:], f"E{(number * 7 + 3) % PEOPLE}"]
        room_id = f"room{number}"
        stand_in.chats[room_id] = Chat(name, owner, list(dict.fromkeys(members)), SECRET)
        kept.append(
            Room(
                messenger=messenger,
                channel_id=wanted.channel_id,
                room_id=room_id,
                name="",
                first_seen_at=now,
                seen_at=now,
            )
        )
    Room.objects.bulk_create(kept)


def forget() -> None:
    """Back to knowing the groups' ids only."""
    from postroad.groups.models import Difference
    from postroad.messengers.models import MessengerUser, Room, RoomMember

    Difference.objects.all().delete()
    RoomMember.objects.all().delete()
    MessengerUser.objects.all().delete()
    Room.objects.update(name="", owner_user_id="", member_count=0)


def read_bare(messenger) -> None:
    from postroad.messengers.models import Room
    from postroad.messengers.queries import connection_of

    connector, account = connection_of(messenger)
    known = list(Room.objects.values_list("room_id", flat=True))
    people = connector.read_directory(account).people
    found = list(connector.rooms(account, known=known))
    assert (len(people), len(found)) == (PEOPLE, GROUPS)


def read_and_plan(messenger) -> None:
    from postroad.groups.actions import reconcile
    from postroad.messengers import actions

    actions.read_directory_of(messenger=messenger)
    actions.read_rooms(messenger=messenger)
    plan = reconcile()
    assert len(plan.channels) == GROUPS
    assert len(plan.differing) == -(-GROUPS // 10), len(plan.differing)


def plan_alone() -> None:
    from postroad.groups.plan import make_plan

    make_plan()


def one_move() -> None:
    """Somebody moves from one team to another: which groups are compared, and how long that takes."""
    from postroad.groups import queries
    from postroad.groups.actions import follow_people
    from postroad.groups.models import Group
    from postroad.org.actions import update_person
    from postroad.org.models import Department, Person
    from postroad.platform.actors import Actor

    person = Person.objects.filter(department__code="T7").exclude(posts__isnull=False).last()
    update_person(person=person, department=Department.objects.get(code="T9"), actor=Actor.system("bench"))
    touched = queries.channels_of_people([person.pk])
    spent = timed(lambda: follow_people(person_ids=[person.pk]))
    names = Group.objects.filter(channel__in=touched).values_list("channel__name", flat=True)
    print(f"one person's move: {len(touched)} groups compared in {spent * 1000:.0f} ms: {', '.join(sorted(names))}")


if __name__ == "__main__":
    main()
