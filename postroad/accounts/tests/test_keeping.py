"""Who looks after which customer: named, standing in, handed over; what is due goes along."""

from datetime import date, timedelta

import pytest
import time_machine
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.accounts import actions, queries
from postroad.accounts.actions import Contract
from postroad.accounts.jobs import Job
from postroad.accounts.measures import managed_and_on_rhythm
from postroad.accounts.models import Absence, HandOver, Medium
from postroad.accounts.permissions import get_account_for, may_keep, may_settle
from postroad.accounts.tests.factories import FORTNIGHTLY, MONDAY, MONTHLY, TEST, WEEKLY, make_account, make_customer
from postroad.clock import actions as clock
from postroad.clock.models import Deadline, Duty
from postroad.ledger.queries import history_of
from postroad.org import actions as org
from postroad.org.models import Organisation
from postroad.org.registry import account_managers
from postroad.platform.errors import Conflict, Invalid, NotFound
from postroad.platform.measures import Period

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MAY_18 = date(2026, 5, 18)
NO_CONTRACT = Contract()


@pytest.fixture
def travelling():
    with time_machine.travel(MONDAY, tick=False) as clock_:
        yield clock_


@pytest.fixture
def account(company, travelling):
    return make_account(company)


def responsible(account):
    return {one.duty.responsible for one in account.rhythms.filter(ended_on=None).select_related("duty__responsible")}


class TestNaming:
    def test_an_organisation_becomes_a_key_account_with_a_duty_for_each_medium(self, company, account):
        assert Organisation.objects.get().key_account
        duties = {one.medium: one.duty for one in account.rhythms.select_related("duty")}
        assert {medium: (duty.every, duty.unit) for medium, duty in duties.items()} == {
            "phone": (2, "weeks"), "mail": (1, "weeks"), "meeting": (1, "months")
        }  # fmt: skip
        assert {(duty.responsible, duty.deputy) for duty in duties.values()} == {
            (company.owner, company.department_head)
        }
        assert account_managers([account.organisation_id]) == {account.organisation_id: company.owner}

    def test_only_one_person_is_named_at_a_time(self, company, account):
        with pytest.raises(Conflict):
            actions.open_account(
                organisation=account.organisation, manager=company.agent, rhythms={Medium.MAIL: WEEKLY}, actor=TEST
            )

    def test_what_cannot_be_is_refused_at_its_field(self, company, travelling):
        for field, changes in (
            ("manager", {"manager": company.leaver}),
            ("deputy", {"deputy": company.owner}),
            ("rhythms", {"rhythms": {}}),
            ("contract_until", {"contract": Contract(valid_from=MAY_18, valid_until=MAY_18 - DAY)}),
        ):
            if field == "manager":
                org.end_person(person=company.leaver, left_on=MAY_18 - DAY, actor=TEST)
                company.leaver.refresh_from_db()
            with pytest.raises(Invalid) as refusal:
                make_account(company, contact=make_customer(mail=f"{field}@x.example"), **changes)
            assert list(refusal.value.fields) == [field]

    def test_a_rhythm_that_changes_goes_on_counting_and_one_that_is_dropped_ends(self, company, account, travelling):
        travelling.shift(3 * DAY)
        actions.change_account(
            account=account, deputy=None, rhythms={Medium.PHONE: MONTHLY, Medium.MESSENGER: FORTNIGHTLY},
            contract=Contract(number="QH-2026-17"), note="", actor=TEST,
        )  # fmt: skip
        [standing] = queries.standings([queries.account_of(account.organisation)])
        assert [(one.rhythm.medium, one.deadline.due_at.date()) for one in standing.beats] == [
            ("messenger", date(2026, 6, 4)), ("phone", date(2026, 6, 18))
        ]  # fmt: skip
        assert Deadline.objects.filter(state="cancelled").count() == 2
        assert history_of(account)[0].event == "accounts.account.changed"

    def test_one_without_a_customers_flag_ends_with_its_duties(self, company, account):
        org.update_organisation(organisation=account.organisation, actor=TEST, key_account=False)
        account.refresh_from_db()
        assert account.ended_on == MAY_18
        assert not Duty.objects.filter(ends_on=None).exists()
        assert account_managers([account.organisation_id]) == {}

    def test_key_accounts_that_nobody_was_named_for_are_told(self, travelling):
        forgotten = org.create_organisation(name="无人负责", key_account=True, actor=TEST)
        assert queries.without_manager() == [forgotten]


class TestAbsence:
    def test_the_deputy_steps_in_and_back(self, company, account, travelling):
        absence = actions.enter_absence(
            person=company.owner, starts_on=MAY_18, ends_on=MAY_18 + DAY, actor=TEST, reason="年假"
        )
        assert queries.manager_of([account.organisation_id])[account.organisation_id] == company.department_head
        assert responsible(account) == {company.department_head}
        actions.end_absence(absence=absence, actor=TEST)
        assert responsible(account) == {company.owner}
        assert not Absence.objects.exists()

    def test_it_is_over_after_its_last_day_by_itself(self, company, account, travelling):
        actions.enter_absence(person=company.owner, starts_on=MAY_18, ends_on=MAY_18, actor=TEST)
        travelling.shift(DAY)
        assert actions.let_deputies_step_in() == 3
        assert responsible(account) == {company.owner}
        assert actions.let_deputies_step_in() == 0

    def test_with_both_away_it_stays_with_the_manager(self, company, account):
        for person in (company.owner, company.department_head):
            actions.enter_absence(person=person, starts_on=MAY_18, ends_on=MAY_18, actor=TEST)
        assert responsible(account) == {company.owner}

    def test_periods_of_one_person_do_not_overlap(self, company, account):
        actions.enter_absence(person=company.owner, starts_on=MAY_18, ends_on=MAY_18 + DAY, actor=TEST)
        with pytest.raises(Invalid):
            actions.enter_absence(person=company.owner, starts_on=MAY_18 + DAY, ends_on=MAY_18 + 2 * DAY, actor=TEST)


class TestHandOver:
    def test_who_is_asked_takes_over_with_what_is_due(self, company, account):
        asked = actions.open_hand_over(
            account=account, proposed=company.agent, words="合同六月续签", actor=company.owner.as_actor()
        )
        assert (may_settle(company.agent, asked), may_settle(company.stranger, asked)) == (True, False)
        actions.take_over(hand_over=asked, successor=company.agent, person=company.agent)
        account.refresh_from_db()
        assert (account.manager, responsible(account)) == (company.agent, {company.agent})
        waiting = Deadline.objects.filter(occurrence__isnull=False, finished_at=None)
        assert set(waiting.values_list("responsible", flat=True)) == {company.agent.pk}
        with pytest.raises(Conflict):
            actions.take_over(hand_over=asked, successor=company.agent2, person=company.agent)

    def test_only_one_is_under_way_and_never_to_who_has_it(self, company, account):
        with pytest.raises(Invalid):
            actions.open_hand_over(account=account, proposed=company.owner, words="x", actor=TEST)
        actions.open_hand_over(account=account, proposed=company.agent, words="x", actor=TEST)
        with pytest.raises(Conflict):
            actions.open_hand_over(account=account, proposed=company.agent2, words="x", actor=TEST)

    def test_a_managers_last_day_opens_one_with_the_deputy_proposed(self, company, account):
        org.end_person(person=company.owner, left_on=MAY_18 + 10 * DAY, actor=TEST)
        [opened] = HandOver.objects.all()
        assert (opened.cause, opened.proposed, opened.deadline.responsible) == (
            "left", company.department_head, company.department_head
        )  # fmt: skip
        assert actions.look_after_managers() == []

    def test_who_stays_after_all_keeps_it(self, company, account):
        org.end_person(person=company.owner, left_on=MAY_18 + 10 * DAY, actor=TEST)
        company.owner.refresh_from_db()
        org.withdraw_leaving(person=company.owner, actor=TEST)
        assert HandOver.objects.get().state == "kept"

    def test_past_the_due_date_the_proposed_person_has_it(self, company, account, travelling):
        org.end_person(person=company.owner, left_on=MAY_18, actor=TEST)
        travelling.shift(8 * DAY)
        assert queries.manager_of([account.organisation_id])[account.organisation_id] == company.department_head
        clock.fire_due()
        assert ProcrastinateJob.objects.filter(task_name=Job.END_HAND_OVERS, status="todo").count() == 1
        assert (actions.pass_on_overdue(), actions.pass_on_overdue()) == (1, 0)
        account.refresh_from_db()
        assert (HandOver.objects.get().state, account.manager, account.deputy) == (
            "passed", company.department_head, None
        )  # fmt: skip

    def test_one_that_was_planned_waits_for_an_answer(self, company, account, travelling):
        actions.open_hand_over(account=account, proposed=company.agent, words="x", actor=TEST)
        travelling.shift(8 * DAY)
        clock.fire_due()
        assert actions.pass_on_overdue() == 0
        account.refresh_from_db()
        assert account.manager == company.owner


class TestEscalation:
    def test_three_days_late_the_head_is_told_once(self, company, account, travelling):
        travelling.shift(7 * DAY + 12 * 60 * timedelta(minutes=1))
        assert actions.escalate_overdue() == 0
        assert [one.medium for one in queries.due_for(company.owner)] == ["mail", "phone"]
        travelling.shift(3 * DAY)
        assert (actions.escalate_overdue(), actions.escalate_overdue()) == (1, 0)
        assert [one.medium for one in queries.escalated_to(company.department_head)] == ["mail"]

    def test_it_is_off_the_heads_list_once_somebody_was_in_touch(self, company, account, travelling):
        travelling.shift(12 * DAY)
        actions.escalate_overdue()
        actions.enter_contact(
            account=account, person=company.owner, medium=Medium.MAIL, at=MONDAY + 11 * DAY, words="邮件往来"
        )
        assert not queries.escalated_to(company.department_head).exists()


class TestWhoSees:
    def test_manager_deputy_head_and_overseers_see_it_and_others_do_not(self, company, account):
        for person in (company.owner, company.department_head, company.desk_lead, company.auditor):
            assert get_account_for(person, account.pk) == account
        for person in (company.stranger, company.agent, company.it):
            with pytest.raises(NotFound):
                get_account_for(person, account.pk)

    def test_the_managers_head_and_the_desk_lead_keep_it(self, company, account):
        assert may_keep(company.department_head, account)
        assert may_keep(company.desk_lead, account)
        assert not may_keep(company.owner, account)
        assert not may_keep(company.auditor, account)

    def test_a_head_does_not_keep_accounts_of_another_department(self, company, account):
        account.manager = company.agent
        account.save()
        assert not may_keep(company.department_head, account)


class TestMeasure:
    def measure(self, start=MONDAY - 17 * DAY, days=31):
        return managed_and_on_rhythm(Period(start, start + days * DAY))

    def test_without_key_accounts_there_is_nothing_to_measure(self, company, travelling):
        assert self.measure().value is None

    def test_it_is_the_share_that_is_managed_and_on_rhythm(self, company, account, travelling):
        make_account(company, contact=make_customer("东和包装", mail="xu@donghe.example"))
        assert (self.measure().value, self.measure().sample_size) == (100, 2)
        org.create_organisation(name="无人负责", key_account=True, actor=TEST)
        travelling.shift(8 * DAY)
        actions.enter_contact(
            account=account, person=company.owner, medium=Medium.MAIL, at=MONDAY + 5 * DAY, words="邮件往来"
        )
        found = self.measure()
        assert (round(found.value), found.sample_size, found.exceptions) == (33, 3, 2)
        assert found.evidence_url.endswith("?show=overdue")

    def test_what_was_late_stays_late_in_its_period_and_not_in_the_next(self, company, account, travelling):
        travelling.shift(9 * DAY)
        actions.enter_contact(
            account=account, person=company.owner, medium=Medium.MAIL, at=MONDAY + 9 * DAY, words="邮件往来"
        )
        assert self.measure().value == 0
        assert self.measure(start=MONDAY + 10 * DAY, days=1).value == 100

    def test_a_manager_who_has_left_is_none(self, company, account, travelling):
        org.end_person(person=company.owner, left_on=MAY_18, actor=TEST)
        travelling.shift(DAY)
        assert self.measure().value == 0
        travelling.shift(DAY)
        actions.take_over(hand_over=HandOver.objects.get(), successor=company.agent, person=company.desk_lead)
        assert self.measure().value == 100
        assert managed_and_on_rhythm(Period(MONDAY, MONDAY + DAY)).value == 0
