"""Recertification: owners confirm or revoke, the silent are reminded and escalated, and what nobody confirms ends."""

from datetime import date, timedelta

import pytest
from django.core import mail

from postroad.access import actions, queries
from postroad.access.actions import recertification as rounds
from postroad.access.models import Recertification, RecertificationItem, RecertificationSheet
from postroad.access.tests.factories import apply_for, end, granted, sign
from postroad.channels.tests.factories import ACTOR, live_channel
from postroad.clock import actions as clock
from postroad.clock.models import Deadline
from postroad.org.models import today
from postroad.platform.errors import Conflict, NotFound, Refused

pytestmark = pytest.mark.django_db
CONFIRMED, REVOKED = RecertificationItem.Decision.CONFIRMED, RecertificationItem.Decision.REVOKED
SECOND = timedelta(seconds=1)


@pytest.fixture
def begun(company, channel):
    """A round over three grants of zhao's channel: lin's, Service's, and one of the agents'."""
    for target in (company.stranger, company.service, company.agent):
        granted(company, channel, target)
    return actions.start_recertification(actor=ACTOR)


def the_sheet():
    return RecertificationSheet.objects.get()


def answer(person, **decisions):
    """Answer the items by the names of whom they are granted to; `others` for the rest."""
    items = queries.items_of(the_sheet())
    others = decisions.pop("others", None)
    chosen = {item.pk: decisions.get(item.grant.grantee_name, others) for item in items if not item.decision}
    return actions.answer_sheet(
        sheet=the_sheet(), decisions={key: value for key, value in chosen.items() if value}, person=person
    )


def pass_by(deadline: Deadline) -> None:
    clock.fire_due(now=deadline.due_at + SECOND)


def test_a_round_asks_each_owner_about_every_grant_in_force(company, begun):
    sheet = the_sheet()
    assert (sheet.owner, sheet.items.count()) == (company.owner, 3)
    assert sheet.deadline.amount == timedelta(minutes=10 * 8 * 60)
    assert sheet.deadline.responsible == company.owner


def test_confirming_everything_completes_the_round(company, begun):
    assert answer(company.owner, others=CONFIRMED).closed_at
    begun.refresh_from_db()
    assert begun.closed_at
    assert the_sheet().deadline.state == "met"
    assert the_sheet().items.filter(grant__ended_at__isnull=True).count() == 3


def test_revoking_ends_the_grant_at_once(company, channel, begun):
    answer(company.owner, Lin=REVOKED, others=CONFIRMED)
    lins = the_sheet().items.get(decision=REVOKED).grant
    assert (lins.state, lins.ended_because) == ("ended", "not-needed")
    assert company.stranger.pk not in queries.people_granted([channel.pk], on=today())[channel.pk, "post"]


def test_answers_may_come_in_parts_and_stay_as_first_given(company, begun):
    assert answer(company.owner, Lin=CONFIRMED).closed_at is None
    assert answer(company.desk_lead, Lin=REVOKED, others=CONFIRMED).closed_at
    assert the_sheet().items.filter(decision=CONFIRMED).count() == 3


def test_only_owner_deputy_and_whom_it_went_up_to_answer(company, begun):
    for person in (company.stranger, company.supervising_leader, company.administration_head):
        with pytest.raises(Refused):
            answer(person, others=CONFIRMED)


def test_items_of_another_sheet_are_refused(company, begun):
    with pytest.raises(NotFound):
        actions.answer_sheet(sheet=the_sheet(), decisions={begun.pk: CONFIRMED}, person=company.owner)


def test_a_closed_sheet_takes_no_answers(company, begun):
    answer(company.owner, others=CONFIRMED)
    with pytest.raises(Conflict):
        answer(company.owner, others=REVOKED)


def test_an_owner_does_not_confirm_their_own_grant_but_may_revoke_it(company, channel):
    granted(company, channel, company.owner)
    actions.start_recertification(actor=ACTOR)
    with pytest.raises(Refused):
        answer(company.owner, others=CONFIRMED)
    assert answer(company.owner, others=REVOKED).closed_at


def test_what_only_the_owner_gains_by_goes_up_when_there_is_no_deputy(company):
    channel = live_channel(company, deputy_owner=None)
    granted(company, channel, company.owner)
    granted(company, channel, company.service)
    actions.start_recertification(actor=ACTOR)
    answer(company.owner, **{"Customer Service": CONFIRMED})
    assert the_sheet().escalated_to == company.supervising_leader
    assert answer(company.supervising_leader, others=CONFIRMED).closed_at


@pytest.mark.django_db(transaction=True)
def test_the_silent_are_written_to_once_then_it_goes_up_then_the_grants_end(company, channel, begun):
    answer(company.owner, Lin=CONFIRMED)
    first = the_sheet().deadline
    clock.fire_due(now=first.time_after(first.started_at, first.amount * 0.62))
    assert actions.remind_of_sheets() == 1
    assert actions.remind_of_sheets() == 0
    assert mail.outbox[0].to == ["owner@company.test"]
    assert str(the_sheet().pk) in mail.outbox[0].body

    pass_by(first)
    assert actions.escalate_sheets() == 1
    assert actions.escalate_sheets() == 0
    sheet = the_sheet()
    assert (sheet.escalated_to, sheet.last_deadline.responsible) == (company.supervising_leader,) * 2
    answer(company.supervising_leader, **{"Customer Service": CONFIRMED})

    pass_by(sheet.last_deadline)
    assert actions.close_sheets() == 1
    assert actions.close_sheets() == 0
    sheet = the_sheet()
    [ended] = sheet.items.filter(decision="")
    assert (ended.grant.ended_because, bool(sheet.closed_at)) == ("not-confirmed", True)
    begun.refresh_from_db()
    assert begun.closed_at


def test_a_grant_that_ended_meanwhile_needs_no_answer(company, channel, begun):
    grant = the_sheet().items.get(grant__person=company.stranger).grant
    sign(company, apply_for(company.owner, end(grant)))
    assert answer(company.owner, Sun=CONFIRMED, **{"Customer Service": CONFIRMED}).closed_at


def test_there_is_one_round_a_half_year_and_one_at_a_time(company, channel, begun):
    with pytest.raises(Conflict, match="under way"):
        actions.start_recertification(actor=ACTOR)
    answer(company.owner, others=CONFIRMED)
    with pytest.raises(Conflict, match="half-year"):
        actions.start_recertification(actor=ACTOR)


def test_without_grants_there_is_nothing_to_begin(company, channel):
    with pytest.raises(Conflict, match="no grants"):
        actions.start_recertification(actor=ACTOR)


@pytest.mark.parametrize("begins", [True, False])
def test_a_round_begins_by_itself_in_march_and_september(company, channel, monkeypatch, begins):
    granted(company, channel, company.stranger)
    monkeypatch.setattr(rounds, "ROUND_MONTHS", (today().month,) if begins else ())
    assert actions.start_due_recertification() is begins
    assert actions.start_due_recertification() is False
    assert Recertification.objects.count() == begins


@pytest.mark.parametrize(("day", "name"), [(date(2026, 6, 30), "2026-H1"), (date(2026, 7, 1), "2026-H2")])
def test_a_round_is_named_after_its_half_year(day, name):
    assert rounds.half_year(day) == name


@pytest.mark.parametrize("channels", [1, 4])
def test_beginning_takes_the_same_queries_for_many_channels(company, django_assert_num_queries, channels):
    for _number in range(channels):
        granted(company, live_channel(company), company.stranger)
    with django_assert_num_queries(20):
        actions.start_recertification(actor=ACTOR)
    assert RecertificationSheet.objects.count() == channels
