"""Groups made and kept as declared, against the simulated messenger."""

from datetime import timedelta

import pytest
from django.utils import timezone

from postroad.connectors.simulated import life
from postroad.groups import actions
from postroad.groups.models import ApplyRun, ApplyStep, Difference, Group
from postroad.groups.plan import make_plan
from postroad.groups.tests.factories import ACTOR, applied, group_of, room_of
from postroad.messengers import actions as messengers
from postroad.messengers.queries import people_in
from postroad.messengers.tests.factories import group_in, place_of, user_id_of
from postroad.org.actions import end_person, update_person
from postroad.org.models import today

pytestmark = pytest.mark.django_db(transaction=True)


def people_of(department):
    room = room_of(group_of(department).channel)
    return people_in([room])[room.pk]


def test_a_template_makes_a_group_for_each_department_with_its_head_as_owner(company, messenger, template):
    run = applied(messenger)

    assert (run.state, run.failed) == (ApplyRun.State.DONE, 0)
    sales = people_of(company.sales)
    assert sales.people == {company.department_head.pk, company.owner.pk, company.stranger.pk}
    assert sales.owner == company.department_head.pk
    group = group_of(company.sales)
    assert (group.channel.name, group.channel.state) == ("销售部-日常工作群", "live")
    assert room_of(group.channel).name == "销售部-日常工作群"
    assert make_plan().in_order
    assert people_of(company.service).owner == company.supervising_leader.pk, "no head: the leader answers"


def test_applying_twice_does_nothing_the_second_time(company, messenger, template):
    applied(messenger)
    assert applied(messenger) is None
    assert place_of(messenger).groups.count() == Group.objects.count()


def test_who_moves_is_in_the_new_group_and_out_of_the_old_one(company, messenger, template):
    applied(messenger)
    update_person(person=company.stranger, department=company.service, actor=ACTOR)
    actions.follow_people(person_ids=[company.stranger.pk])
    run = actions.apply_messenger(messenger=messenger, actor=ACTOR)

    assert run.planned == 2, "only their groups"
    assert company.stranger.pk in people_of(company.service).people
    assert company.stranger.pk not in people_of(company.sales).people


def test_who_leaves_is_out_of_all_groups_on_the_day(company, messenger, template):
    applied(messenger)
    end_person(person=company.owner, left_on=today(), actor=ACTOR)
    actions.follow_people(person_ids=[company.owner.pk])
    actions.apply_messenger(messenger=messenger, actor=ACTOR)
    assert company.owner.pk not in people_of(company.sales).people


def test_a_renamed_group_is_found_and_fixed(company, messenger, template):
    applied(messenger)
    group = group_of(company.sales)
    renamed = place_of(messenger).groups.get(room_id=room_of(group.channel).room_id)
    life.rename(renamed, "吃瓜群", by=user_id_of(company.stranger))
    messengers.read_rooms(messenger=messenger)

    difference = Difference.objects.get(channel=group.channel, field="name")
    assert (difference.declared, difference.observed, difference.state) == ("销售部-日常工作群", "吃瓜群", "open")
    actions.apply_messenger(messenger=messenger, actor=ACTOR)
    difference.refresh_from_db()
    assert (difference.state, difference.closed_how) == ("closed", "reverted")
    assert room_of(group.channel).name == "销售部-日常工作群"


def test_people_without_a_user_are_a_difference_of_their_own_and_nobody_is_dropped(company, messenger, template):
    life.dismiss(place_of(messenger), user_id_of(company.stranger))
    messengers.read_directory_of(messenger=messenger)
    run = applied(messenger)
    assert run.failed == 0
    [difference] = Difference.objects.filter(state="open", channel=group_of(company.sales).channel)
    assert (difference.field, difference.person, difference.obstacle) == (
        "missing", company.stranger, "not-in-directory",
    )  # fmt: skip


def test_what_a_policy_leaves_to_a_click_waits_for_it(company, messenger, template):
    template.policy = "click"
    template.save(update_fields=["policy"])
    assert applied(messenger) is None
    run = actions.apply_messenger(messenger=messenger, by_hand=True, person=company.it, actor=company.it.as_actor())
    assert run.done == Group.objects.count()


def test_a_messenger_that_is_down_leaves_a_record_and_is_tried_again_later(company, messenger, template):
    actions.follow_everything()
    place = place_of(messenger)
    type(place).objects.filter(pk=place.pk).update(down=True)
    run = actions.apply_messenger(messenger=messenger, actor=ACTOR)
    assert (run.state, run.done) == (ApplyRun.State.PARTLY, 0)
    assert set(run.steps.values_list("state", flat=True)) == {ApplyStep.State.FAILED}
    assert "switched off" in run.steps.first().reason

    type(place).objects.filter(pk=place.pk).update(down=False)
    assert actions.apply_messenger(messenger=messenger, actor=ACTOR) is None, "put off for a while"
    Group.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    run = actions.apply_messenger(messenger=messenger, actor=ACTOR)
    assert (run.state, run.failed) == (ApplyRun.State.DONE, 0)
    assert set(Group.objects.values_list("failures", "next_try_at")) == {(0, None)}


def test_a_plan_that_removes_many_waits_for_a_click(company, messenger, template, settings):
    settings.GROUPS_REMOVAL_LEAST = 1
    applied(messenger)
    for person in (company.owner, company.stranger):
        update_person(person=person, department=None, actor=ACTOR)
    run = applied(messenger)
    assert (run.state, run.removing) == (ApplyRun.State.HELD, 2)
    assert len(people_of(company.sales).people) == 3

    done = actions.apply_messenger(messenger=messenger, confirmed=True, person=company.it, actor=ACTOR)
    run.refresh_from_db()
    assert (done.state, run.state) == (ApplyRun.State.DONE, ApplyRun.State.DROPPED)
    assert people_of(company.sales).people == {company.department_head.pk}


def test_somebody_unknown_in_a_group_is_shown_and_removed_only_by_hand(company, messenger, template):
    applied(messenger)
    room = room_of(group_of(company.sales).channel)
    place = place_of(messenger)
    life.hire(place, [life.DirectoryPerson(id="u-guest", name="外包小李")])
    life.join(place.groups.get(room_id=room.room_id), ["u-guest"], by=user_id_of(company.stranger))
    messengers.read_directory_of(messenger=messenger)
    messengers.read_rooms(messenger=messenger)

    [difference] = Difference.objects.filter(state="open")
    assert (difference.field, difference.observed, difference.obstacle) == ("stranger", "外包小李", "by-hand")
    assert actions.apply_messenger(messenger=messenger, actor=ACTOR) is None
    actions.apply_messenger(messenger=messenger, by_hand=True, person=company.it, actor=ACTOR)
    assert make_plan().in_order


def test_rooms_without_registration_are_in_the_plan(company, messenger, template):
    applied(messenger)
    group_in(messenger, company.agent, company.agent2)
    messengers.read_rooms(messenger=messenger)
    plan = make_plan()
    assert ([room.name for room in plan.strays], plan.total) == (["周五聚餐"], 0)


def test_a_plan_takes_the_same_queries_whatever_the_number_of_groups(company, messenger, template):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from postroad.org.models import Department, Person
    from postroad.org.tests.cast import JOINED

    def queries():
        actions.follow_everything()
        make_plan()  # what is cached for the process is there from now on
        with CaptureQueriesContext(
            connection,
        ) as captured:
            make_plan()
        return len(captured)

    few = queries()
    departments = [Department(code=f"D{number}", name=f"第{number}科") for number in range(20)]
    Department.objects.bulk_create(departments)
    Person.objects.bulk_create(
        Person(staff_no=f"D{number}", name="员工", department=departments[number % 20], joined_on=JOINED)
        for number in range(60)
    )
    assert queries() == few
    assert Group.objects.count() > 20
