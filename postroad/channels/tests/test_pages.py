"""The pages of the register, as a plain client without JavaScript uses them."""

from dataclasses import replace
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from postroad.channels import actions
from postroad.channels.actions import Particulars
from postroad.channels.forms import PersonField
from postroad.channels.models import Channel, ChannelMember, Confidentiality, NamingRule, State
from postroad.channels.tests.factories import (
    ACTOR,
    apply,
    company_calendar,
    live_channel,
    request_about,
    service_particulars,
    sign,
)
from postroad.ledger.models import Entry
from postroad.org.tests.cast import sign_in
from postroad.platform.ids import new_id

pytestmark = pytest.mark.django_db
MAIL = {"connector": "mail", "setting_inbound": "listener", "setting_smtp_host": "localhost", "setting_smtp_port": "25"}


@pytest.fixture
def owner(client, company):
    company_calendar()
    return sign_in(client, company.owner)


def as_typed(particulars: Particulars) -> dict[str, str]:
    """The form as a browser sends it."""
    values = {name: value for name, value in vars(particulars).items() if name != "connector_settings"}
    typed = {name: "" if value is None else str(value) for name, value in values.items() if not isinstance(value, bool)}
    typed |= {name: "on" for name, value in values.items() if value is True}
    typed |= {"department": str(particulars.department.pk), "review_on": particulars.review_on.isoformat()}
    typed["owner"] = PersonField.shown(particulars.owner)
    typed["deputy_owner"] = PersonField.shown(particulars.deputy_owner)
    return typed


def page(name, *args):
    return reverse(f"channels:{name}", args=args)


# --- applying --------------------------------------------------------------------------------------------------


def test_anybody_applies_and_sees_the_channel_waiting(owner, company):
    assert owner.get(page("application")).status_code == 200
    particulars = service_particulars(company)
    response = owner.post(page("application"), as_typed(particulars), follow=True)
    channel = Channel.objects.get()
    assert response.redirect_chain[-1][0] == channel.get_absolute_url()
    assert Particulars.of(channel) == particulars
    assert request_about(channel).applicant == company.owner


def test_the_connectors_fields_come_with_it_and_its_secrets_do_not_come_back(owner, company):
    typed = as_typed(service_particulars(company, connector="mail")) | MAIL
    typed |= {"setting_smtp_security": "starttls", "setting_smtp_user": "service", "setting_smtp_password": "horse-42"}
    owner.post(page("application"), typed)
    channel = Channel.objects.get()
    assert channel.connector_settings["smtp_port"] == 25
    sign(company, request_about(channel))
    for name in ("channel", "connection"):
        response = owner.get(page(name, channel.pk))
        assert response.status_code == 200
        assert "horse-42" not in response.content.decode()
    assert "••••••••" in owner.get(page("channel", channel.pk)).content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"owner": "谁也不是"}, "owner"),
        ({"key": "Ünïcode"}, "key"),
        ({"first_reply_minutes": "0"}, "first_reply_minutes"),
        ({**MAIL, "setting_smtp_port": "99999", "setting_smtp_security": "plain"}, "setting_smtp_port"),
        ({**MAIL, "address": "no address", "setting_smtp_security": "plain"}, "address"),
    ],
)
def test_a_wrong_field_is_marked_and_nothing_typed_is_lost(owner, company, changes, field):
    typed = as_typed(service_particulars(company, purpose="用途在此")) | changes
    response = owner.post(page("application"), typed)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "用途在此" in response.content.decode()
    assert not Channel.objects.exists()


def test_the_dry_run_shows_who_would_be_asked_and_changes_nothing(owner, company):
    typed = as_typed(service_particulars(company))
    shown = owner.post(page("application_steps"), typed).content.decode()
    assert company.administration_head.name in shown
    assert company.supervising_leader.name in shown
    assert company.administration_head.name not in owner.post(page("application_steps"), {}).content.decode()
    assert not Channel.objects.exists()


def test_the_naming_rule_speaks_while_the_name_is_typed(owner, company):
    actions.set_naming_rule(
        kind="group", pattern="{department}-日常工作群", reserved_words=[], max_length=30, actor=ACTOR
    )
    asked = {"kind": "group", "department": str(company.sales.pk)}
    shown = [
        owner.get(page("name_check"), asked | {"name": name}).content.decode()
        for name in ("", "x", "销售部-日常工作群")
    ]
    assert "销售部-日常工作群" in shown[0]
    assert "state-danger" in shown[1]
    assert "state-success" in shown[2]
    assert "state" not in owner.get(page("name_check"), {"kind": "fax", "name": "x"}).content.decode()
    assert owner.get(page("name_check"), {"kind": "nothing", "department": "x", "name": "x"}).status_code == 200


def test_the_fields_of_a_connector_appear_as_far_as_they_apply(owner):
    by_imap = owner.post(page("connection_fields"), {"connector": "mail"}).content.decode()
    assert "setting_imap_host" in by_imap
    assert "setting_imap_processed_folder" not in by_imap
    by_listener = owner.post(page("connection_fields"), {"connector": "mail", "setting_inbound": "listener"})
    assert "setting_imap_host" not in by_listener.content.decode()
    assert "setting_smtp_host" in by_listener.content.decode()
    assert owner.post(page("connection_fields"), {"connector": "nothing"}).content.decode().count("<input") == 0


def test_people_are_suggested_by_name_or_number_and_leavers_are_not(owner, company):
    shown = owner.get(page("people_options"), {"deputy_owner": "吴"}).content.decode()
    assert f"吴敏 ({company.desk_lead.staff_no})" in shown
    assert "韩冰" not in owner.get(page("people_options"), {"owner": "韩"}).content.decode()
    assert owner.get(page("people_options"), {"owner": ""}).content.decode().strip() == ""


def test_a_returned_application_is_revised_by_who_applied_and_by_nobody_else(client, owner, company):
    from postroad.approvals.actions import return_for_changes
    from postroad.channels.tests.factories import open_step

    channel = apply(company)
    head = company.administration_head
    assert owner.get(page("revise", channel.pk)).status_code == 409
    return_for_changes(
        step_id=open_step(request_about(channel)).pk, person=head, actor=head.as_actor(), comment="用途不清"
    )
    assert page("revise", channel.pk) in owner.get(page("channel", channel.pk)).content.decode()
    typed = as_typed(replace(Particulars.of(channel), purpose="售后"))
    assert owner.post(page("revise", channel.pk), typed).status_code == 302
    channel.refresh_from_db()
    assert channel.purpose == "售后"
    sign_in(client, company.agent)
    assert client.get(page("revise", channel.pk)).status_code == 409


# --- the register ----------------------------------------------------------------------------------------------


def test_an_empty_register_says_what_to_do_first(owner):
    assert page("application") in owner.get(page("channels")).content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"mine", "other", "unclassed"}),
        ("owner=me", {"mine"}),
        ("kind=fax", {"other"}),
        ("priority=none", {"unclassed"}),
        ("priority=must_use", {"mine", "other"}),
        ("observability=unseen", {"other"}),
        ("state=retired", {"ended"}),
        ("q=传真", {"other"}),
        ("q=吴敏 传真", {"other"}),
        ("health=failing", set()),
        ("kind=nonsense&state=nonsense&cursor=nonsense", {"mine", "other", "unclassed"}),
    ],
)
def test_the_list_narrows(owner, company, query, expected):
    live_channel(company, key="mine")
    live_channel(
        company,
        key="other",
        name="前台传真",
        kind="fax",
        owner=company.desk_lead,
        deputy_owner=None,
        observability="unseen",
    )
    live_channel(company, key="unclassed", owner=company.it, deputy_owner=None, priority="")
    actions.retire_channel(channel=live_channel(company, key="ended", owner=company.it), reason="x", actor=ACTOR)
    for name in ("channels", "channels_results"):
        response = owner.get(f"{page(name)}?{query}")
        assert {channel.key for channel in response.context["page"].items} == expected


def test_a_page_costs_the_same_for_three_channels_and_for_thirty(owner, company):
    channel = live_channel(company)
    costs = {}
    for many in (3, 30):
        while Channel.objects.count() < many:
            copy_of(channel)
            for one in range(many // 3):
                actions.set_member(
                    channel=channel,
                    person=list(company.everybody().values())[one],
                    role="agent",
                    capacity=1,
                    actor=ACTOR,
                )
        owner.get(page("channels"))
        for url in (page("channels_results"), page("channel", channel.pk)):
            with CaptureQueriesContext(connection) as queries:
                assert owner.get(url).status_code == 200
            costs.setdefault(url, set()).add(len(queries))
    assert all(len(figures) == 1 for figures in costs.values()), costs


def copy_of(channel: Channel) -> None:
    number = Channel.objects.count()
    values = {field.attname: getattr(channel, field.attname) for field in Channel._meta.fields}
    Channel.objects.create(**values | {"id": new_id(), "key": f"copy-{number}", "name": f"邮箱 {number}"})


def test_who_may_export_gets_a_spreadsheet_and_it_is_on_record(client, owner, company):
    channel = live_channel(company)
    assert owner.get(page("channels_export")).status_code == 403
    sign_in(client, company.administration_head)
    response = client.get(page("channels_export"))
    rows = list(load_workbook(BytesIO(response.content)).active.values)
    assert len(rows) == 2
    assert rows[1][0] == channel.key
    assert Entry.objects.filter(event="channels.channel.exported").count() == 1


def test_a_confidential_channel_is_known_only_to_those_it_concerns(client, company):
    channel = live_channel(company, confidentiality=Confidentiality.CONFIDENTIAL, deputy_owner=None)
    actions.set_member(channel=channel, person=company.it, role=ChannelMember.Role.AGENT, capacity=1, actor=ACTOR)
    seen = {}
    for name in ("owner", "it", "agent", "administration_head", "stranger", "hr"):
        sign_in(client, getattr(company, name))
        seen[name] = client.get(page("channel", channel.pk)).status_code
        listed = client.get(page("channels")).context["page"].items
        assert (channel in listed) is (seen[name] == 200)
    assert seen == {
        "owner": 200,
        "it": 200,
        "agent": 200,  # of the department whose channel it is
        "administration_head": 200,
        "stranger": 404,
        "hr": 404,
    }


# --- keeping ---------------------------------------------------------------------------------------------------

KEEPING = ("edit", "suspend", "retire", "hand_over", "team")


def test_the_owner_the_deputy_and_administration_run_a_channel_and_nobody_else(client, company):
    channel = live_channel(company)
    for name in ("owner", "desk_lead", "administration_head", "administration_clerk"):
        sign_in(client, getattr(company, name))
        allowed = [client.get(page(view, channel.pk)).status_code for view in KEEPING]
        assert allowed == [200, 200, 200, 403 if name == "desk_lead" else 200, 200], name
    for name in ("stranger", "agent", "it", "executive"):
        sign_in(client, getattr(company, name))
        assert {client.get(page(view, channel.pk)).status_code for view in KEEPING} == {403}
        assert client.post(page("suspend", channel.pk), {"reason": "x"}).status_code == 403
    channel.refresh_from_db()
    assert channel.state == State.LIVE


def test_it_and_the_owner_connect_and_probe_and_nobody_else(client, company):
    channel = live_channel(company)
    for name, status in (
        ("it", 200),
        ("administrator", 200),
        ("owner", 200),
        ("administration_head", 403),
        ("agent", 403),
    ):
        sign_in(client, getattr(company, name))
        assert client.get(page("connection", channel.pk)).status_code == status
        assert client.post(page("probe", channel.pk)).status_code == (302 if status == 200 else status)


def test_the_owner_edits_and_is_told_what_needs_approval(owner, company):
    channel = live_channel(company)
    typed = as_typed(replace(Particulars.of(channel), purpose="售后", answer_hours=48))
    response = owner.post(page("edit", channel.pk), typed, follow=True)
    channel.refresh_from_db()
    assert (channel.purpose, channel.answer_hours) == ("售后", 24)
    assert len(list(response.context["messages"])) == 2
    refused = owner.post(page("edit", channel.pk), as_typed(replace(Particulars.of(channel), answer_hours=72)))
    assert refused.status_code == 422, "an earlier change still waits"


def test_suspending_resuming_retiring_and_handing_over(owner, company):
    channel = live_channel(company)
    assert owner.post(page("suspend", channel.pk), {"reason": ""}).status_code == 422
    owner.post(page("suspend", channel.pk), {"reason": "搬家"})
    channel.refresh_from_db()
    assert channel.state == State.SUSPENDED
    assert "搬家" in owner.get(page("channel", channel.pk)).content.decode()
    owner.post(page("resume", channel.pk))
    channel.refresh_from_db()
    assert channel.state == State.LIVE
    owner.post(page("hand_over", channel.pk), {"owner": company.desk_lead.staff_no, "reason": "调岗"})
    channel.refresh_from_db()
    assert channel.owner == company.desk_lead
    assert owner.post(page("retire", channel.pk), {"reason": "x"}).status_code == 403


def test_the_team_page_adds_changes_and_removes(owner, company):
    channel = live_channel(company)
    typed = {"person": PersonField.shown(company.agent), "role": "agent", "capacity": "7"}
    owner.post(page("team", channel.pk), typed)
    member = ChannelMember.objects.get()
    assert (member.person, member.capacity) == (company.agent, 7)
    assert owner.post(page("team", channel.pk), typed | {"capacity": "501"}).status_code == 422
    assert owner.get(page("team_remove", channel.pk, member.pk)).status_code == 405
    owner.post(page("team_remove", channel.pk, member.pk))
    assert not ChannelMember.objects.exists()


def test_the_health_card_renews_itself(owner, company):
    channel = live_channel(company)
    assert owner.get(page("channel_health", channel.pk)).status_code == 200
    assert 'id="health"' in owner.get(page("channel_health", channel.pk)).content.decode()


# --- naming rules ----------------------------------------------------------------------------------------------


def test_naming_rules_are_set_tried_and_removed_by_who_may(client, owner, company):
    live_channel(company, kind="group", name="随便聊聊", address="")
    typed = {"pattern": "{department}-日常工作群", "reserved_words": "测试\n\n 密 ", "max_length": "30"}
    assert owner.get(page("naming_rules")).status_code == 200
    assert owner.post(page("naming_rule", "group"), typed).status_code == 403
    sign_in(client, company.administration_clerk)
    tried = client.post(page("naming_rule_try", "group"), typed).content.decode()
    assert "随便聊聊" in tried
    assert not NamingRule.objects.exists()
    assert client.post(page("naming_rule", "group"), typed).status_code == 302
    assert NamingRule.objects.get().reserved_words == ["测试", "密"]
    assert client.post(page("naming_rule", "group"), typed | {"pattern": "{nobody}"}).status_code == 422
    assert client.get(page("naming_rule", "pigeon")).status_code == 404
    client.post(page("naming_rule_remove", "group"))
    client.post(page("naming_rule_remove", "group"))
    assert not NamingRule.objects.exists()


# --- my work, search -------------------------------------------------------------------------------------------


def test_my_work_shows_the_channels_that_need_their_owner(owner, company):
    channel = live_channel(company)
    assert channel.name not in owner.get("/").content.decode()
    Channel.objects.update(healthy=False, health_detail="SMTP: 535", health_changed_at=channel.live_at)
    assert channel.name in owner.get("/").content.decode()


def test_channels_are_found_by_the_search_box(owner, company):
    channel = live_channel(company, name="维修邮箱")
    found = owner.get(reverse("web:search"), {"q": "维修"}).content.decode()
    assert channel.get_absolute_url() in found


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_speaks_the_readers_language(client, company, language):
    channel = live_channel(company)
    person = company.administration_head
    person.language = language
    person.save(update_fields=["language"])
    sign_in(client, person)
    for url in (page("channels"), page("application"), page("channel", channel.pk), page("team", channel.pk)):
        text = client.get(url).content.decode()
        assert ("Channels" in text) is (language == "en")
        assert text.count("<h1") == 1
