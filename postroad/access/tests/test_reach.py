"""Whom a grantee reaches: people, departments with those below, posts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.access.grantees import Grantee
from postroad.access.reach import reach
from postroad.org.models import Person, today
from postroad.org.roles import Role

ids = st.uuids()
grantees = st.one_of(
    ids.map(lambda one: Grantee(person_id=one)),
    ids.map(lambda one: Grantee(department_id=one)),
    st.sampled_from(Role).map(lambda role: Grantee(role=role)),
    st.builds(lambda one, role: Grantee(department_id=one, role=role), ids, st.sampled_from(Role)),
)


@given(grantees)
def test_a_grantee_reads_back_as_it_was_written(grantee):
    assert Grantee.from_data(grantee.as_data()) == grantee


@pytest.mark.parametrize("data", [{}, {"person": str(Person().pk), "role": "agent"}])
def test_a_grantee_is_exactly_one_of_the_three(data):
    with pytest.raises(ValueError, match="a grantee is"):
        Grantee.from_data(data)


def reached(grantee, **when):
    return reach([grantee], on=when.get("on", today()))[grantee]


def test_a_department_reaches_its_people_and_those_of_the_departments_below(company):
    sales = reached(Grantee(department_id=company.sales.pk))
    assert sales == {company.department_head.pk, company.owner.pk, company.stranger.pk}
    assert sales < reached(Grantee(department_id=company.headquarters.pk))


def test_a_post_reaches_its_holders_and_in_a_department_only_those_of_it(company):
    assert reached(Grantee(role=Role.AGENT)) == {company.agent.pk, company.agent2.pk}
    assert reached(Grantee(role=Role.AGENT, department_id=company.service.pk)) == {company.agent.pk, company.agent2.pk}
    assert reached(Grantee(role=Role.AGENT, department_id=company.sales.pk)) == frozenset()


def test_all_staff_are_everybody_who_works_here(company):
    everybody = {person.pk for person in company.everybody().values()}
    assert reached(Grantee(role=Role.STAFF)) == everybody - {company.leaver.pk}


def test_a_leaver_is_reached_up_to_the_last_day(company):
    last_day = company.leaver.left_on
    for grantee in (Grantee(person_id=company.leaver.pk), Grantee(department_id=company.service.pk)):
        assert company.leaver.pk in reached(grantee, on=last_day)
        assert company.leaver.pk not in reached(grantee, on=last_day + timedelta(days=1))


def test_it_takes_the_same_five_queries_for_any_number_of_grantees(company, django_assert_num_queries):
    everybody = [Grantee(person_id=person.pk) for person in company.everybody().values()]
    places = [Grantee(department_id=one.pk) for one in (company.sales, company.service, company.it_department)]
    roles = [Grantee(role=role) for role in Role]
    with django_assert_num_queries(5):
        assert len(reach([*everybody, *places, *roles], on=today())) == 16 + 3 + len(Role)
