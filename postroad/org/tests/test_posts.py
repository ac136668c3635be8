from datetime import date, timedelta

import pytest

from postroad.org import actions, queries
from postroad.org.models import Department, Post, today
from postroad.org.permissions import roles_of
from postroad.org.roles import Role
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid, Refused

SYSTEM = Actor.system("test")


def test_the_head_of_a_department_on_a_day_has_an_answer_after_a_handover(company):
    post = Post.objects.get(person=company.department_head)
    actions.end_post(post=post, ends_on=date(2026, 5, 2), actor=SYSTEM)
    actions.open_post(
        person=company.owner,
        role=Role.DEPARTMENT_HEAD,
        department=company.sales,
        starts_on=date(2026, 5, 3),
        actor=SYSTEM,
    )
    assert queries.head_of(company.sales, date(2026, 5, 2)) == company.department_head
    assert queries.head_of(company.sales, date(2026, 5, 3)) == company.owner
    assert queries.head_of(company.sales, date(2019, 5, 3)) is None


def test_a_department_has_one_head_at_a_time(company):
    with pytest.raises(Invalid) as refusal:
        actions.open_post(
            person=company.owner, role=Role.DEPARTMENT_HEAD, department=company.sales, starts_on=today(), actor=SYSTEM
        )
    assert "starts_on" in refusal.value.fields
    assert queries.head_of(company.sales) == company.department_head


def test_a_department_without_a_leader_of_its_own_reports_to_the_nearest_one_above(company):
    assert queries.supervising_leader_of(company.sales) == company.supervising_leader
    actions.open_post(
        person=company.executive,
        role=Role.SUPERVISING_LEADER,
        department=company.sales,
        starts_on=today(),
        actor=SYSTEM,
    )
    assert queries.supervising_leader_of(company.sales) == company.executive
    assert queries.supervising_leader_of(company.service) == company.supervising_leader
    assert queries.supervising_leader_of(company.sales, today() - timedelta(days=1)) == company.supervising_leader


def test_a_role_of_a_department_needs_the_department(company):
    with pytest.raises(Invalid) as refusal:
        actions.open_post(person=company.owner, role=Role.DEPARTMENT_HEAD, starts_on=today(), actor=SYSTEM)
    assert refusal.value.fields.keys() == {"department"}


def test_nobody_gives_themselves_a_role(company):
    with pytest.raises(Refused):
        actions.open_post(person=company.hr, role=Role.EXECUTIVE, starts_on=today(), actor=company.hr.as_actor())
    post = actions.open_post(
        person=company.stranger, role=Role.EXECUTIVE, starts_on=today(), actor=company.hr.as_actor()
    )
    assert roles_of(company.stranger) == {Role.STAFF, Role.EXECUTIVE}
    assert post.department is None


def test_only_an_administrator_makes_administrators(company):
    with pytest.raises(Refused):
        actions.open_post(
            person=company.stranger, role=Role.ADMINISTRATOR, starts_on=today(), actor=company.hr.as_actor()
        )
    actions.open_post(
        person=company.stranger,
        role=Role.ADMINISTRATOR,
        starts_on=today(),
        actor=company.administrator.as_actor(),
    )
    assert Role.ADMINISTRATOR in roles_of(company.stranger)


def test_a_post_ends_once(company):
    post = Post.objects.get(person=company.agent)
    actions.end_post(post=post, ends_on=date(2026, 1, 31), actor=SYSTEM)
    with pytest.raises(Conflict):
        actions.end_post(post=post, ends_on=date(2026, 2, 28), actor=SYSTEM)
    assert Role.AGENT in roles_of(company.agent, date(2026, 1, 31))
    assert Role.AGENT not in roles_of(company.agent, date(2026, 2, 1))


def test_a_post_lies_within_the_time_at_the_company(company):
    with pytest.raises(Invalid) as refusal:
        actions.open_post(person=company.stranger, role=Role.AGENT, starts_on=date(2019, 12, 31), actor=SYSTEM)
    assert refusal.value.fields.keys() == {"starts_on"}


def test_a_leaver_loses_everything_on_the_last_day(company):
    actions.end_person(person=company.department_head, left_on=today(), actor=SYSTEM)
    company.department_head.account.refresh_from_db()
    assert company.department_head.account.is_active is False
    assert queries.head_of(company.sales) is None
    assert queries.head_of(company.sales, today() - timedelta(days=1)) == company.department_head


def test_who_leaves_next_week_keeps_their_roles_until_then_and_no_longer(company):
    last_day = today() + timedelta(days=7)
    actions.end_person(person=company.agent, left_on=last_day, actor=SYSTEM)
    company.agent.refresh_from_db()
    assert Role.AGENT in roles_of(company.agent, last_day)
    assert roles_of(company.agent, last_day + timedelta(days=1)) == frozenset()
    assert company.agent.account.may("org.person.view")


def test_departments_make_no_circle(company):
    with pytest.raises(Invalid) as refusal:
        actions.update_department(department=company.headquarters, parent=company.sales, actor=SYSTEM)
    assert refusal.value.fields.keys() == {"parent"}
    assert Department.objects.get(code="HQ").parent is None


def test_the_tree_shows_who_answers_and_what_is_inherited(company, django_assert_num_queries):
    with django_assert_num_queries(2):
        nodes = {node.department.code: node for node in queries.department_tree()}
    assert nodes["SALES"].path == "总部/销售部"
    assert nodes["SALES"].head == company.department_head
    assert nodes["SALES"].leader == company.supervising_leader
    assert nodes["SALES"].leader_inherited is True
    assert nodes["HQ"].leader_inherited is False
    assert nodes["SERVICE"].people == 4
