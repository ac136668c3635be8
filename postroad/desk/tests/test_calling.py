"""Telephone calls on the desk: the case page, the report, the figure of the standard."""

from datetime import timedelta

import pytest
from django.urls import reverse

from postroad.channels.protocol import Recipient, RecipientRole
from postroad.clock.actions import fire_due
from postroad.desk import actions, measures
from postroad.desk.actions import After
from postroad.desk.models import Case
from postroad.hotline.tests.factories import (
    MINUTE,
    MONDAY_TEN,
    answered,
    call_back_of,
    called,
    event,
    make_hotline,
    missed,
    take,
)
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Conflict
from postroad.platform.measures import Period

pytestmark = pytest.mark.usefixtures("clock")
DAY = Period(start=MONDAY_TEN - timedelta(hours=1), end=MONDAY_TEN + timedelta(hours=8))


@pytest.fixture
def hotline(company):
    return make_hotline(company)


def test_the_case_page_has_the_call_and_one_click_to_call_back(client, company, hotline):
    missed(hotline, MONDAY_TEN)
    page = sign_in(client, company.agent).get(Case.objects.get().get_absolute_url())
    assert page.context["to_call_back"] == call_back_of(hotline)
    assert [call.external_id for call in page.context["calls"]] == ["call-1"]
    shown = page.content.decode()
    assert reverse("hotline:called", args=[call_back_of(hotline).pk]) in shown
    assert 'id="reply"' not in shown
    assert "13800138000" not in shown


def test_there_is_no_mail_to_answer_on_a_hotline(company, hotline):
    missed(hotline, MONDAY_TEN)
    to = [Recipient(RecipientRole.TO, "", "kunde@customer.test")]
    with pytest.raises(Conflict):
        actions.reply(case=Case.objects.get(), text="x", recipients=to, after=After.OPEN, person=company.agent)


def test_the_figure_counts_answered_calls_and_kept_and_missed_call_backs(hotline, clock):
    answered(hotline, MONDAY_TEN, call="answered")
    missed(hotline, MONDAY_TEN, call="called-back", number="+8613900139000")
    missed(hotline, MONDAY_TEN, call="forgotten", number="+8613900139001")
    missed(hotline, MONDAY_TEN, call="nameless", number="")
    take(
        hotline,
        event("ringing", MONDAY_TEN, call="late"),
        event("answered", MONDAY_TEN + 11 * MINUTE, call="late"),
    )
    clock.shift(timedelta(minutes=30))
    called(hotline, MONDAY_TEN + 5 * MINUTE, number="+8613900139000")
    fire_due()
    figure = measures.called_in_time(DAY)
    assert (figure.value, figure.sample_size, figure.exceptions) == (40.0, 5, 3)
    assert figure.rests_on == {hotline.observability}


def test_tests_are_in_no_figure(hotline):
    take(hotline, event("ringing", MONDAY_TEN), event("missed", MONDAY_TEN + MINUTE), source="test")
    assert measures.called_in_time(DAY).value is None


def test_calling_back_late_is_missed_and_the_mail_figure_stays_its_own(hotline, company, clock):
    missed(hotline, MONDAY_TEN)
    clock.shift(timedelta(minutes=11))
    fire_due()
    called(hotline, MONDAY_TEN + 11 * MINUTE)
    assert (measures.called_in_time(DAY).value, measures.called_in_time(DAY).sample_size) == (0, 1)
    assert measures.first_reply_on_time(DAY).value is None
