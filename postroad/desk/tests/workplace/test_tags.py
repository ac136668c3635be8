"""Tags: put on, taken off, merged, and who may make them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from postroad.desk import actions
from postroad.desk.models import Case, Tag
from postroad.desk.tests.factories import mail
from postroad.desk.tests.workplace.words import events, make_tag
from postroad.org.tests.cast import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_a_name_from_the_list_is_put_on_whatever_its_case(agent, company, case):
    vip = make_tag(company, "VIP")
    agent.post(reverse("desk:tag", args=[case.number]), {"tag": "vip"})
    case.refresh_from_db()
    assert case.tag_ids == [vip.pk]
    assert "desk.case.tagged" in events(case)
    assert b"VIP" in agent.get("/desk/?view=all").content


def test_who_may_not_make_tags_puts_on_none_that_is_not_there(agent, client, company, case):
    agent.post(reverse("desk:tag", args=[case.number]), {"tag": "新词"})
    assert not Tag.objects.exists()
    sign_in(client, company.desk_lead).post(reverse("desk:tag", args=[case.number]), {"tag": "新词，急"})
    assert set(Tag.objects.values_list("name", flat=True)) == {"新词", "急"}


def test_two_tags_become_one_on_every_case_and_none_twice(company, channel):
    wrong, right = make_tag(company, "退款"), make_tag(company, "退費")
    only, both = mail(channel), mail(channel)
    actions.tag_cases(cases=[only, both], add=[wrong], person=company.agent)
    actions.tag_cases(cases=[both], add=[right], person=company.agent)

    actions.merge_tags(tag=wrong, into=right, person=company.desk_lead)

    assert list(Case.objects.values_list("tag_ids", flat=True)) == [[right.pk], [right.pk]]
    assert list(Tag.objects.all()) == [right]


def test_a_removed_tag_leaves_no_trace_on_cases(company, case):
    gone = make_tag(company, "旧")
    actions.tag_cases(cases=[case], add=[gone], person=company.agent)
    actions.remove_tag(tag=gone, person=company.desk_lead)
    case.refresh_from_db()
    assert case.tag_ids == []


def test_a_second_tag_of_the_same_name_is_refused_at_the_field(client, company):
    make_tag(company, "VIP")
    response = sign_in(client, company.desk_lead).post(reverse("desk:tag_new"), {"name": "vip", "colour": "red"})
    assert response.status_code == 422
    assert Tag.objects.count() == 1
