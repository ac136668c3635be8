"""Saved views and filters: what they keep, whom they show what, what they cost."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from postroad.channels.models import ChannelMember
from postroad.desk import actions
from postroad.desk.models import Priority, SavedView
from postroad.desk.tests.factories import mail, make_desk
from postroad.desk.tests.workplace.words import make_field, make_tag
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_a_view_keeps_filters_order_and_columns_and_its_count_is_beside_it(client, company, channel):
    urgent = mail(channel, subject="急")
    mail(channel, subject="不急")
    actions.set_priority(case=urgent, priority=Priority.URGENT, person=company.agent)
    amount = make_field(company, "金额", "number")
    agent = sign_in(client, company.agent)
    response = agent.post(
        f"{reverse('desk:view_new')}?view=team&priority=urgent",
        {
            "save-name": "急件",
            "save-query": "view=team&priority=urgent&sort=newest",
            "save-columns": ["state", amount.key],
        },
    )
    view = SavedView.objects.get()
    assert response.url == f"/desk/?saved={view.pk}"
    shown = agent.get(response.url)
    assert [row.case for row in shown.context["rows"]] == [urgent]
    assert [column.key for column in shown.context["columns"]] == ["state", amount.key]
    assert shown.context["wanted"].sort == "newest"
    side = agent.get(reverse("desk:side"))
    assert [(one.view.name, one.count) for one in side.context["kept"]] == [("急件", 1)]
    assert [(one.channel.key, one.own, one.count) for one in side.context["inboxes"]] == [("service", True, 2)]


def test_a_shared_view_is_there_for_everybody_and_shows_each_what_is_theirs(client, company, channel):
    other = make_desk(company, "sales", team=False)
    mail(other, subject="theirs")
    mail(channel, subject="ours")
    given = {"name": "全部", "query": {"view": ["all"]}, "columns": []}
    view = actions.save_view(view=None, shared=True, person=company.desk_lead, **given)
    shown = sign_in(client, company.agent).get(f"/desk/?saved={view.pk}")
    assert [row.case.subject for row in shown.context["rows"]] == ["ours"]
    assert client.get(reverse("desk:view_edit", args=[view.pk])).status_code == 403
    with pytest.raises(Refused):
        actions.save_view(view=None, shared=True, person=company.agent, **given)


def test_a_personal_view_is_nobody_elses(client, company, channel):
    given = {"name": "我的", "query": {"view": ["all"]}, "columns": [], "shared": False}
    view = actions.save_view(view=None, person=company.agent2, **given)
    agent = sign_in(client, company.agent)
    assert agent.get(reverse("desk:side")).context["kept"] == []
    assert agent.get(reverse("desk:view_edit", args=[view.pk])).status_code == 404
    assert agent.post(reverse("desk:view_remove", args=[view.pk])).status_code == 404


def test_who_sees_all_channels_sees_first_what_is_their_teams(client, company, channel):
    ChannelMember.objects.create(channel=channel, person=company.desk_lead)
    mail(channel, subject="ours")
    mail(make_desk(company, "sales"), subject="theirs")
    lead = sign_in(client, company.desk_lead)
    assert [row.case.subject for row in lead.get("/desk/").context["rows"]] == ["ours"]
    assert len(lead.get("/desk/?view=team").context["rows"]) == 2
    assert [one.own for one in lead.get(reverse("desk:side")).context["inboxes"]] == [True, False]


def test_the_side_costs_the_same_with_one_view_and_with_many(client, company, channel):
    agent = sign_in(client, company.agent)
    vip = make_tag(company, "VIP")

    def statements():
        with CaptureQueriesContext(connection) as captured:
            agent.get(reverse("desk:side"))
        return len(captured)

    def keep(name):
        query = {"view": ["all"], "tag": [str(vip.pk)]}
        actions.save_view(view=None, name=name, shared=False, query=query, columns=[], person=company.agent)

    keep("1")
    agent.get(reverse("desk:side"))
    few = statements()
    for number in range(2, 9):
        keep(str(number))
    assert statements() == few


def test_a_filter_can_be_nobody_myself_or_one_tag_less(client, company, channel):
    mine, free = mail(channel, subject="mine"), mail(channel, subject="free")
    actions.take(case=mine, person=company.agent)
    one, two = make_tag(company, "一"), make_tag(company, "二")
    actions.tag_cases(cases=[free], add=[one, two], person=company.agent)
    agent = sign_in(client, company.agent)
    assert [row.case for row in agent.get("/desk/?view=all&assignee=me").context["rows"]] == [mine]
    assert [row.case for row in agent.get("/desk/?view=all&assignee=nobody").context["rows"]] == [free]
    both = agent.get(f"/desk/?view=all&tag={one.pk}&tag={two.pk}")
    assert [row.case for row in both.context["rows"]] == [free]
    assert [chip["query_without"] for chip in both.context["chips"]] == [
        f"view=all&tag={two.pk}",
        f"view=all&tag={one.pk}",
    ]
