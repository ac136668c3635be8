"""Changing, connecting, handing over, suspending and staffing a channel."""

from dataclasses import replace

import pytest

from postroad.approvals import actions as approvals
from postroad.channels import actions, queries
from postroad.channels.actions import Particulars
from postroad.channels.models import ChannelMember, State
from postroad.channels.tests.factories import ACTOR, apply, live_channel, open_step, sign
from postroad.ledger.models import Entry
from postroad.platform.actors import subject_of
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
AGENT, LEAD = ChannelMember.Role.AGENT, ChannelMember.Role.LEAD


@pytest.fixture
def channel(company):
    return live_channel(company)


def change(channel, person, **wanted):
    particulars = replace(Particulars.of(channel), **wanted)
    return actions.change_channel(channel=channel, wanted=particulars, person=person, actor=person.as_actor())


def last_event(channel):
    subject = subject_of(channel)
    return Entry.objects.filter(subject_type=subject.type, subject_id=subject.id).latest("pk")


def test_what_the_owner_decides_alone_changes_at_once(company, channel):
    outcome = change(channel, company.owner, purpose="售后", deputy_owner=company.agent)
    channel.refresh_from_db()
    assert (outcome.applied, outcome.asked, outcome.request) == (("purpose", "deputy_owner"), (), None)
    assert (channel.purpose, channel.deputy_owner) == ("售后", company.agent)
    assert last_event(channel).data["purpose"] == {"before": "客户的问题和投诉", "after": "售后"}


def test_what_was_approved_changes_only_when_it_is_approved_again(company, channel):
    outcome = change(channel, company.owner, purpose="售后", answer_hours=48, confidentiality="confidential")
    channel.refresh_from_db()
    assert outcome.applied == ("purpose",)
    assert set(outcome.asked) == {"answer_hours", "confidentiality"}
    assert (channel.purpose, channel.answer_hours, channel.confidentiality) == ("售后", 24, "internal")
    sign(company, outcome.request)
    channel.refresh_from_db()
    assert (channel.answer_hours, channel.confidentiality) == (48, "confidential")
    assert last_event(channel).data["answer_hours"] == {"before": 24, "after": 48}


def test_a_rejected_change_leaves_everything_and_frees_the_way(company, channel):
    outcome = change(channel, company.owner, answer_hours=48)
    with pytest.raises(Conflict):
        change(channel, company.owner, answer_hours=72)
    head = company.administration_head
    approvals.reject(step_id=open_step(outcome.request).pk, person=head, actor=head.as_actor(), comment="太久")
    channel.refresh_from_db()
    assert channel.answer_hours == 24
    assert change(channel, company.owner, answer_hours=36).request is not None


def test_a_returned_change_is_submitted_again_as_the_same_request(company, channel):
    first = change(channel, company.owner, answer_hours=48).request
    head = company.administration_head
    approvals.return_for_changes(step_id=open_step(first).pk, person=head, actor=head.as_actor(), comment="太久")
    again = change(channel, company.owner, answer_hours=30).request
    assert again.pk == first.pk
    sign(company, again)
    channel.refresh_from_db()
    assert channel.answer_hours == 30


def test_nothing_changed_is_nothing_done(company, channel):
    before = Entry.objects.count()
    outcome = change(channel, company.owner)
    assert (outcome.applied, outcome.asked, Entry.objects.count()) == ((), (), before)


def test_key_owner_and_connection_are_not_changed_this_way(company, channel):
    outcome = change(channel, company.owner, key="other", owner=company.agent, address="else@company.test")
    channel.refresh_from_db()
    assert outcome.applied == ()
    assert channel.owner == company.owner
    assert not channel.address.startswith("else")


def test_an_old_name_stays_when_a_new_rule_would_forbid_it(company, channel):
    actions.set_naming_rule(kind="mailbox", pattern="{department}邮箱", reserved_words=[], max_length=50, actor=ACTOR)
    assert change(channel, company.owner, purpose="售后").applied == ("purpose",)
    with pytest.raises(Invalid) as refusal:
        change(channel, company.owner, name="另一个名字")
    assert set(refusal.value.fields) == {"name"}


def test_the_connection_keeps_secrets_that_are_not_given(company, channel):
    settings = {"inbound": "listener", "smtp_host": "localhost", "smtp_port": 25, "smtp_security": "plain"}
    given = {"address": channel.address, "connector": "mail", "actor": ACTOR}
    actions.connect_channel(channel=channel, settings=settings, secrets={"smtp_password": "one"}, **given)
    actions.connect_channel(channel=channel, settings={**settings, "smtp_port": 26}, secrets={}, **given)
    channel.refresh_from_db()
    assert queries.secrets_of(channel) == {"smtp_password": "one"}
    assert channel.connector_settings["smtp_port"] == 26
    actions.connect_channel(channel=channel, settings=settings, secrets={"smtp_password": "two"}, **given)
    channel.refresh_from_db()
    assert queries.secrets_of(channel) == {"smtp_password": "two"}
    assert "two" not in str(last_event(channel).data)


def test_two_channels_do_not_share_an_address(company):
    settings = {"inbound": "listener", "smtp_host": "localhost", "smtp_port": 25, "smtp_security": "plain"}
    first = live_channel(company, connector="mail", connector_settings=settings)
    with pytest.raises(Invalid):
        apply(company, connector="mail", connector_settings=settings, address=first.address.upper())
    actions.retire_channel(channel=first, reason="合并", actor=ACTOR)
    assert apply(company, connector="mail", connector_settings=settings, address=first.address)


def test_a_channel_is_suspended_resumed_and_retired_each_with_its_trace(company, channel):
    with pytest.raises(Invalid):
        actions.suspend_channel(channel=channel, reason=" ", actor=ACTOR)
    actions.suspend_channel(channel=channel, reason="搬家", actor=ACTOR)
    assert (channel.state, channel.state_reason) == (State.SUSPENDED, "搬家")
    actions.resume_channel(channel=channel, actor=ACTOR)
    assert (channel.state, channel.state_reason) == (State.LIVE, "")
    actions.retire_channel(channel=channel, reason="不再使用", actor=ACTOR)
    for action in (actions.suspend_channel, actions.retire_channel):
        with pytest.raises(Conflict):
            action(channel=channel, reason="x", actor=ACTOR)
    with pytest.raises(Conflict):
        change(channel, company.owner, purpose="x")


def test_two_people_who_suspend_at_once_do_it_once(company, channel):
    same = type(channel).objects.get(pk=channel.pk)
    actions.suspend_channel(channel=channel, reason="搬家", actor=ACTOR)
    with pytest.raises(Conflict):
        actions.suspend_channel(channel=same, reason="搬家", actor=ACTOR)


def test_a_channel_is_handed_over_to_somebody_who_works_here(company, channel):
    for person, problem in ((company.owner, "owner"), (company.leaver, "owner")):
        with pytest.raises(Invalid) as refusal:
            actions.hand_over(channel=channel, to=person, reason="调岗", actor=ACTOR)
        assert set(refusal.value.fields) == {problem}
    actions.hand_over(channel=channel, to=company.desk_lead, reason="调岗", actor=ACTOR)
    channel.refresh_from_db()
    assert (channel.owner, channel.deputy_owner) == (company.desk_lead, None)
    assert last_event(channel).data["owner"] == {"before": str(company.owner.pk), "after": str(company.desk_lead.pk)}


def test_the_team_is_put_together_and_every_step_is_on_record(company, channel):
    member = actions.set_member(channel=channel, person=company.agent, role=AGENT, capacity=5, actor=ACTOR)
    entries = Entry.objects.count()
    assert actions.set_member(channel=channel, person=company.agent, role=AGENT, capacity=5, actor=ACTOR) == member
    assert Entry.objects.count() == entries, "nothing changed, nothing recorded"
    actions.set_member(channel=channel, person=company.agent, role=LEAD, capacity=0, actor=ACTOR)
    assert [(one.person, one.role, one.capacity) for one in queries.team_of(channel)] == [(company.agent, LEAD, 0)]
    actions.remove_member(member=member, actor=ACTOR)
    actions.remove_member(member=member, actor=ACTOR)
    assert not queries.team_of(channel).exists()
    assert last_event(channel).event == "channels.member.removed"


def test_who_left_does_not_join_a_team(company, channel):
    with pytest.raises(Invalid) as refusal:
        actions.set_member(channel=channel, person=company.leaver, role=AGENT, capacity=5, actor=ACTOR)
    assert set(refusal.value.fields) == {"person"}


def test_what_waits_for_approval_is_not_changed_behind_the_approvers_backs(company):
    waiting = apply(company)
    with pytest.raises(Conflict):
        change(waiting, company.owner, purpose="etwas anderes")
    with pytest.raises(Conflict):
        actions.connect_channel(
            channel=waiting, address="else@company.test", connector="", settings={}, secrets={}, actor=ACTOR
        )
    with pytest.raises(Conflict):
        actions.hand_over(channel=waiting, to=company.agent, reason="x", actor=ACTOR)
