"""The stretches in which a case was open, as the database keeps them, against a simple account of the same events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.desk import actions
from postroad.desk.models import Case, Spell
from postroad.desk.tests.factories import MONDAY_TEN, follow_on, mail
from postroad.platform.errors import Conflict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)


def spells_of(case):
    found = case.spells.order_by("number")
    return [(one.began_at, one.ended_at, one.outcome, one.reopened_at) for one in found]


def test_a_case_that_is_solved_was_open_from_its_coming_in_until_then(channel, company, clock):
    case = mail(channel)
    clock.shift(HOUR)
    actions.solve(cases=[case], reason="told by telephone", person=company.agent)
    assert spells_of(case) == [(MONDAY_TEN, MONDAY_TEN + HOUR, Spell.SOLVED, None)]


def test_a_solution_that_did_not_hold_says_so_and_a_new_spell_begins(channel, company, clock):
    case = mail(channel)
    actions.solve(cases=[case], reason="told by telephone", person=company.agent)
    later = MONDAY_TEN + 2 * HOUR
    clock.move_to(later)
    assert follow_on(case, received_at=later) == case
    assert spells_of(case) == [(MONDAY_TEN, MONDAY_TEN, Spell.SOLVED, later), (later, None, "", None)]


def test_who_had_the_case_when_it_was_solved_is_kept(channel, company):
    case = actions.take(case=mail(channel), person=company.agent2)
    actions.solve(cases=[case], reason="told by telephone", person=company.agent2)
    actions.assign(cases=[case], assignee=company.agent, person=company.desk_lead)
    assert case.spells.get().person == company.agent2


def test_waiting_for_the_customer_is_still_open(channel, company):
    case = actions.wait(case=mail(channel), person=company.agent)
    assert spells_of(case) == [(MONDAY_TEN, None, "", None)]


def test_a_solved_case_that_is_closed_later_stays_solved_when_it_was(channel, company, clock):
    case = mail(channel)
    actions.solve(cases=[case], reason="told by telephone", person=company.agent)
    clock.shift(timedelta(days=30))
    assert actions.close_quiet() == 1
    assert spells_of(case) == [(MONDAY_TEN, MONDAY_TEN, Spell.SOLVED, None)]


def test_spam_and_merging_end_a_case_without_solving_it(channel, company):
    spam, twin, kept = mail(channel), mail(channel), mail(channel)
    actions.mark_spam(cases=[spam], person=company.agent)
    actions.merge(case=twin, into=kept, person=company.agent)
    assert [case.spells.get().outcome for case in (spam, twin, kept)] == ["spam", "merged", ""]


def test_keeping_spells_costs_the_desk_no_statement(channel, company):
    case = mail(channel)
    with CaptureQueriesContext(connection) as captured:
        actions.solve(cases=[case], reason="told by telephone", person=company.agent)
    assert not [one for one in captured if "desk_spell" in one["sql"]]


@dataclass
class Account:
    """What a careful person would write down."""

    began: list
    ended: list
    outcomes: list

    def end(self, at, outcome):
        if len(self.began) > len(self.ended):
            self.ended.append(at)
            self.outcomes.append(outcome)

    def begin(self, at):
        if len(self.began) == len(self.ended):
            self.began.append(at)

    def told(self):
        ended = [*self.ended, *[None] * (len(self.began) - len(self.ended))]
        outcomes = [*self.outcomes, *[""] * (len(self.began) - len(self.outcomes))]
        return [
            (began, until, outcome, self.began[place + 1] if place + 1 < len(self.began) else None)
            for place, (began, until, outcome) in enumerate(zip(self.began, ended, outcomes, strict=True))
        ]


STEPS = st.lists(
    st.tuples(st.sampled_from(["solve", "reopen", "close", "wait", "write"]), st.integers(1, 600)), max_size=12
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_to_a_case_its_spells_tell_it(channel, company, clock, steps):
    with transaction.atomic():
        clock.move_to(MONDAY_TEN)
        case = mail(channel)
        account = Account([MONDAY_TEN], [], [])
        at = MONDAY_TEN
        for step, minutes in steps:
            at += timedelta(minutes=minutes)
            clock.move_to(at)
            case = Case.objects.get(pk=case.pk)
            _take(step, case, company, account, at)
        assert spells_of(case) == account.told()
        transaction.set_rollback(True)


def _take(step, case, company, account, at):
    person = company.agent
    if step == "solve":
        actions.solve(cases=[case], reason="told by telephone", person=person)
        account.end(at, "solved")
    elif step == "close":
        actions.close(cases=[case], reason="no answer needed", person=person)
        account.end(at, "done")
    elif step == "write":
        # A letter after closing may open a case of its own, which is not what is looked at here.
        if case.state != "closed":
            follow_on(case, received_at=at)
            account.begin(at)
    else:
        try:
            (
                actions.reopen(case=case, reason="", person=person)
                if step == "reopen"
                else actions.wait(case=case, person=person)
            )
        except Conflict:
            return
        if step == "reopen":
            account.begin(at)
