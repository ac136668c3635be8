"""From an application to a channel in service."""

from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.approvals import actions as approvals
from postroad.approvals.models import Request
from postroad.channels import actions, queries
from postroad.channels.models import Channel, Kind, State
from postroad.channels.tests.factories import ACTOR, apply, open_step, request_about, sign
from postroad.ledger.models import Entry
from postroad.org.models import today
from postroad.platform.actors import subject_of
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db


def events_of(channel):
    subject = subject_of(channel)
    return list(
        Entry.objects.filter(subject_type=subject.type, subject_id=subject.id)
        .order_by("pk")
        .values_list("event", flat=True)
    )


def test_two_signatures_put_a_channel_without_a_connector_into_service(company):
    channel = apply(company)
    request = request_about(channel)
    assert channel.state == State.APPLIED
    first = open_step(request)
    approvals.approve(
        step_id=first.pk, person=company.administration_head, actor=company.administration_head.as_actor()
    )
    channel.refresh_from_db()
    assert channel.state == State.APPLIED, "one signature is not enough"
    approvals.approve(
        step_id=open_step(request).pk,
        person=company.supervising_leader,
        actor=company.supervising_leader.as_actor(),
    )
    channel.refresh_from_db()
    assert channel.state == State.LIVE
    assert channel.live_at is not None
    assert events_of(channel) == ["channels.channel.applied", "channels.channel.approved", "channels.channel.went-live"]


def test_the_dry_run_names_who_would_be_asked(company, particulars):
    steps = actions.planned_steps(particulars=particulars, applicant=company.owner)
    assert [step.people for step in steps] == [[company.administration_head], [company.supervising_leader]]
    assert not Channel.objects.exists()
    assert not Request.objects.exists()


def test_a_rejected_application_ends_and_frees_its_address(company):
    channel = apply(company)
    head = company.administration_head
    approvals.reject(step_id=open_step(request_about(channel)).pk, person=head, actor=head.as_actor(), comment="不需要")
    channel.refresh_from_db()
    assert channel.state == State.REFUSED
    assert channel.has_ended
    assert apply(company, address=channel.address).address == channel.address


def test_a_returned_application_is_revised_and_submitted_again(company):
    channel = apply(company)
    head = company.administration_head
    approvals.return_for_changes(
        step_id=open_step(request_about(channel)).pk, person=head, actor=head.as_actor(), comment="用途不清"
    )
    wanted = replace(actions.Particulars.of(channel), purpose="售后问题")
    actions.revise_application(channel=channel, particulars=wanted, actor=company.owner.as_actor())
    request = request_about(channel)
    assert request.state == Request.State.PENDING
    assert request.payload["purpose"] == "售后问题"
    sign(company, request)
    channel.refresh_from_db()
    assert (channel.state, channel.purpose) == (State.LIVE, "售后问题")


def test_an_application_that_waits_for_approval_cannot_be_revised(company):
    channel = apply(company)
    with pytest.raises(Conflict):
        actions.revise_application(
            channel=channel, particulars=actions.Particulars.of(channel), actor=company.owner.as_actor()
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "Not A Key"}, "key"),
        ({"review_on": today() - timedelta(days=1)}, "review_on"),
        ({"calendar_key": "nowhere"}, "calendar_key"),
        ({"first_reply_minutes": 0}, "first_reply_minutes"),
        ({"kind": "pigeon"}, "kind"),
        ({"purpose": ""}, "purpose"),
        ({"connector": "pigeon"}, "connector"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_leaves_nothing(company, changes, field):
    with pytest.raises(Invalid) as refusal:
        apply(company, **changes)
    assert field in refusal.value.fields
    assert not Channel.objects.exists()
    assert not Request.objects.exists()


def test_somebody_who_left_cannot_be_the_owner(company):
    with pytest.raises(Invalid) as refusal:
        apply(company, owner=company.leaver, applicant=company.owner)
    assert set(refusal.value.fields) == {"owner"}


def test_the_deputy_is_another_person(company):
    with pytest.raises(Invalid) as refusal:
        apply(company, deputy_owner=company.owner)
    assert "deputy_owner" in refusal.value.fields


def test_a_key_is_taken_only_once(company):
    taken = apply(company)
    with pytest.raises(Invalid) as refusal:
        apply(company, key=taken.key)
    assert "key" in refusal.value.fields


def test_a_name_that_breaks_the_rule_of_its_kind_is_refused(company):
    actions.set_naming_rule(
        kind=Kind.GROUP, pattern="{department}-日常工作群", reserved_words=["测试"], max_length=30, actor=ACTOR
    )
    with pytest.raises(Invalid) as refusal:
        apply(company, kind=Kind.GROUP, name="随便聊聊", address="")
    assert "客服部-日常工作群" in refusal.value.fields["name"]
    assert apply(company, kind=Kind.GROUP, name="客服部-日常工作群", address="").name == "客服部-日常工作群"


def test_secrets_are_sealed_and_come_back_only_through_the_endpoint(company):
    settings = {"inbound": "listener", "smtp_host": "localhost", "smtp_port": 2525, "smtp_security": "plain"}
    channel = apply(company, connector="mail", connector_settings=settings, secrets={"smtp_password": "s3cret-horse"})
    channel.refresh_from_db()
    assert b"s3cret" not in bytes(channel.sealed_secrets)
    assert queries.endpoint_of(channel).secrets == {"smtp_password": "s3cret-horse"}
    assert "s3cret" not in repr(queries.endpoint_of(channel))
    assert "s3cret" not in str(request_about(channel).payload)


def test_a_password_is_not_sent_to_another_machine_in_the_clear(company):
    settings = {"inbound": "listener", "smtp_host": "mail.outside.test", "smtp_port": 25, "smtp_security": "plain"}
    with pytest.raises(Invalid) as refusal:
        apply(company, connector="mail", connector_settings=settings, secrets={"smtp_password": "s3cret-horse"})
    assert set(refusal.value.fields) == {"smtp_security"}


def test_an_approved_channel_with_a_connector_waits_for_its_probe(company):
    settings = {"inbound": "listener", "smtp_host": "localhost", "smtp_port": 2525, "smtp_security": "plain"}
    channel = apply(company, connector="mail", connector_settings=settings)
    sign(company, request_about(channel))
    channel.refresh_from_db()
    assert channel.state == State.APPROVED


def test_a_channel_whose_owner_left_meanwhile_is_not_opened(company):
    channel = apply(company, owner=company.agent2, deputy_owner=None)
    request = request_about(channel)
    head, leader = company.administration_head, company.supervising_leader
    approvals.approve(step_id=open_step(request).pk, person=head, actor=head.as_actor())
    company.agent2.left_on = today() - timedelta(days=1)
    company.agent2.save(update_fields=["left_on"])
    with pytest.raises(Conflict):
        approvals.approve(step_id=open_step(request).pk, person=leader, actor=leader.as_actor())
    channel.refresh_from_db()
    assert channel.state == State.APPLIED
