"""Links between cases."""

from __future__ import annotations

import pytest
from django.urls import reverse

from postroad.desk import actions, queries
from postroad.desk.models import LinkKind
from postroad.desk.permissions import sight_of
from postroad.desk.tests.factories import mail, make_desk
from postroad.platform.errors import Conflict, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_both_cases_show_a_link_each_in_its_words(agent, company, channel, case):
    other = mail(channel, subject="别的")
    agent.post(reverse("desk:link", args=[case.number]), {"kind": "blocked", "other": f"#{other.number}"})
    sight = sight_of(company.agent)
    [one], [two] = queries.links_of(case, sight=sight), queries.links_of(other, sight=sight)
    assert (str(one.word), str(two.word)) == ("is blocked by", "blocks")
    assert one.blocks


def test_the_end_of_one_is_a_hint_on_the_other(agent, company, channel, case):
    other = mail(channel)
    actions.link(case=case, other=other, kind=LinkKind.BLOCKED, person=company.agent)
    actions.solve(cases=[other], reason="好", person=company.agent)
    assert agent.get(other.get_absolute_url()).context["waiting_for_this"][0].other == case
    assert agent.get(case.get_absolute_url()).context["blocked_by"] == []


def test_the_same_link_twice_or_turned_round_is_refused(company, channel, case):
    other = mail(channel)
    actions.link(case=case, other=other, kind=LinkKind.PART, person=company.agent)
    with pytest.raises(Conflict):
        actions.link(case=case, other=other, kind=LinkKind.PART, person=company.agent)
    with pytest.raises(Invalid):
        actions.link(case=other, other=case, kind=LinkKind.PART, person=company.agent)
    with pytest.raises(Invalid):
        actions.link(case=case, other=case, kind=LinkKind.RELATED, person=company.agent)


def test_a_case_of_another_team_shows_as_a_number_only(agent, company, case):
    other = mail(make_desk(company, "sales", team=False), subject="秘密")
    actions.link(case=case, other=other, kind=LinkKind.RELATED, person=company.desk_lead)
    page = agent.get(case.get_absolute_url()).content.decode()
    assert f"#{other.number}" in page
    assert "秘密" not in page


def test_links_of_a_merged_case_lead_to_the_case_that_stays(company, channel, case):
    into, third = mail(channel), mail(channel)
    actions.link(case=case, other=into, kind=LinkKind.RELATED, person=company.agent)
    actions.link(case=case, other=third, kind=LinkKind.BLOCKED, person=company.agent)
    into = actions.merge(case=case, into=into, person=company.agent)
    [one] = queries.links_of(into, sight=sight_of(company.agent))
    assert one.other == third
