"""Whom a directory calls head of a department: proposed, never made so by itself."""

import pytest
from django.utils.translation import gettext

from postroad.directory import actions, queries
from postroad.directory.models import Conflict
from postroad.directory.showing import shown_conflicts
from postroad.directory.tests.factories import finish, follow
from postroad.org.actions import end_post
from postroad.org.models import Department, Person, Post, today
from postroad.org.queries import head_of
from postroad.org.roles import Role
from postroad.platform.errors import Refused

pytestmark = pytest.mark.django_db
Kind, Choice = Conflict.Kind, Conflict.Choice


def proposals(source):
    return queries.open_conflicts(source).filter(kind=Kind.HEAD_DIFFERS)


def named(source, outside, *head_ids):
    """The directory names heads of the department, and is read."""
    outside.add_department("d1", "研发部", head_ids=head_ids)
    follow(source)
    return Department.objects.get(name="研发部")


def settle(proposal, choice, chooser):
    actions.settle_conflict(conflict=proposal, choice=choice, reason="问过了", chooser=chooser)
    finish(proposal.source.runs.latest("id"))


def test_a_head_is_proposed_and_nobody_is_made_one(source, outside):
    department = named(source, outside, "u2")
    proposal = proposals(source).get()
    assert (proposal.person.staff_no, proposal.department, head_of(department)) == ("M002", department, None)
    [shown] = shown_conflicts([proposal])
    assert [(fact.theirs, fact.ours) for fact in shown.facts] == [(str(proposal.person), gettext("nobody"))]


def test_a_proposal_that_is_taken_gives_the_post_to_the_one_and_ends_it_for_the_other(company, source, outside):
    department = named(source, outside, "u2")
    settle(proposals(source).get(), Choice.TAKE, company.hr)
    assert head_of(department).staff_no == "M002"
    Post.objects.update(starts_on=today().replace(year=2020, day=1))
    named(source, outside, "u4")
    settle(proposals(source).get(), Choice.TAKE, company.hr)
    assert head_of(department).staff_no == "M004"
    assert Post.objects.held_on(today()).filter(role=Role.DEPARTMENT_HEAD, department=department).count() == 1
    follow(source)
    assert not proposals(source).exists()


def test_one_of_several_named_is_enough_and_strangers_are_not_proposed(company, source, outside):
    department = named(source, outside, "nobody")
    assert not proposals(source).exists()
    named(source, outside, "nobody", "u2", "u4")
    settle(proposals(source).get(), Choice.TAKE, company.hr)
    named(source, outside, "u4", "u2")
    assert not proposals(source).exists()
    assert head_of(department).staff_no == "M002"


def test_a_proposal_turned_down_comes_back_only_when_the_directory_names_another(company, source, outside):
    named(source, outside, "u2")
    settle(proposals(source).get(), Choice.KEEP, company.hr)
    follow(source)
    assert not proposals(source).exists()
    named(source, outside, "u4")
    assert proposals(source).get().person.staff_no == "M004"


def test_a_head_changed_here_afterwards_is_asked_about_again_and_not_changed_back(company, source, outside):
    department = named(source, outside, "u2")
    settle(proposals(source).get(), Choice.TAKE, company.hr)
    Post.objects.update(starts_on=today().replace(year=2020, day=1))
    end_post(
        post=Post.objects.get(department=department),
        ends_on=today().replace(year=2021, day=1),
        actor=company.hr.as_actor(),
    )
    follow(source)
    assert head_of(department) is None
    assert proposals(source).count() == 1


def test_nobody_makes_themselves_a_head_that_way(company, source, outside):
    named(source, outside, "u2")
    proposal = proposals(source).get()
    with pytest.raises(Refused):
        settle(proposal, Choice.TAKE, Person.objects.get(staff_no="M002"))
