"""Filters against a plain reckoning in Python: whatever is asked, the database finds the same cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.desk.models import ACTIVE, NEVER, TO_DO, Case, CaseState, CustomField, Priority, Tag
from postroad.desk.queries import CaseFilter, Due, FieldFilter, View, narrowed
from postroad.desk.queries.filtering import NEAR
from postroad.desk.tests.factories import MONDAY_TEN
from postroad.org.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

KINDS = CustomField.Kind


def population(company, channel):
    """Sixty cases of every sort, with what they may be asked by."""
    tags = [Tag.objects.create(name=name) for name in ("退款", "报障", "VIP")]
    fields = [
        CustomField.objects.create(number=1, name="合同号", kind=KINDS.TEXT),
        CustomField.objects.create(number=2, name="金额", kind=KINDS.NUMBER),
        CustomField.objects.create(number=3, name="到期", kind=KINDS.DATE),
        CustomField.objects.create(number=4, name="产品", kind=KINDS.CHOICE, choices=["甲", "乙"]),
        CustomField.objects.create(number=5, name="加急", kind=KINDS.YES_NO),
    ]
    organisations = [Organisation.objects.create(name=name) for name in ("华东贸易", "华北机械")]
    people, cases = [None, company.agent, company.agent2], []
    for number in range(60):
        state = CaseState.values[number % 5]
        answers = {
            "f1": f"HT-{number % 4}",
            "f2": number % 7 * 2.5,
            "f3": f"2026-0{1 + number % 6}-15",
            "f4": "甲" if number % 2 else "乙",
            "f5": number % 3 == 0,
        }
        kept = {key: answer for place, (key, answer) in enumerate(answers.items()) if (number + place) % 4}
        cases.append(
            Case(
                number=number + 1,
                channel=channel,
                state=state,
                priority=Priority.values[number % 4],
                assignee=people[number % 3],
                organisation=[None, *organisations][number % 3],
                tag_ids=[tag.pk for place, tag in enumerate(tags) if number >> place & 1],
                field_values=kept if number % 5 else {},
                next_due_at=NEVER if number % 6 == 0 else MONDAY_TEN + timedelta(hours=7 * number - 80),
                opened_at=MONDAY_TEN,
                last_message_at=MONDAY_TEN,
                solved_at=MONDAY_TEN if state == "solved" else None,
                closed_at=MONDAY_TEN if state == "closed" else None,
                closed_reason="done" if state == "closed" else "",
            )
        )
    Case.objects.bulk_create(cases)
    return cases, tags, fields


def answers_to(fields):
    text, number, date, choice, yes_no = fields
    amounts = st.none() | st.integers(0, 18)
    days = st.none() | st.sampled_from(["2026-01-15", "2026-03-01", "2026-05-15"])
    return st.one_of(
        st.builds(FieldFilter, st.just(text), value=st.sampled_from(["ht", "HT-2", "x"])),
        st.builds(FieldFilter, st.just(number), low=amounts, high=amounts),
        st.builds(FieldFilter, st.just(date), low=days, high=days),
        st.builds(FieldFilter, st.just(choice), value=st.sampled_from(["甲", "乙", "丙"])),
        st.builds(FieldFilter, st.just(yes_no), value=st.booleans()),
    )


def fits(case, wanted, person, now):
    """The reference."""
    active, to_do = case.state in ACTIVE, case.state in TO_DO
    view = {
        View.MINE: active and case.assignee == person,
        View.UNASSIGNED: to_do and case.assignee is None,
        View.TEAM: to_do,
        View.DUE: active and case.next_due_at < now + NEAR,
        View.WAITING: case.state == CaseState.WAITING,
        View.SOLVED: case.state == CaseState.SOLVED,
        View.AUTOMATIC: False,
        View.ALL: True,
    }[wanted.view]
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    due = {
        "": True,
        Due.OVERDUE: case.next_due_at < now,
        Due.TODAY: case.next_due_at < midnight,
        Due.WEEK: case.next_due_at < midnight + timedelta(days=6),
        Due.NONE: case.next_due_at == NEVER,
    }[wanted.due]
    return (
        view
        and due
        and (not wanted.priority or case.priority == wanted.priority)
        and (not wanted.state or case.state == wanted.state)
        and (not wanted.unassigned or case.assignee is None)
        and (not wanted.organisation or (case.organisation and wanted.organisation in case.organisation.name))
        and {tag.pk for tag in wanted.tags} <= set(case.tag_ids)
        and all(answered(case, one) for one in wanted.fields)
    )


def answered(case, asked):
    value = case.field_values.get(asked.field.key)
    if value is None:
        return False
    if asked.field.kind == KINDS.TEXT:
        return asked.value.lower() in value.lower()
    if asked.value is not None:
        return value == asked.value
    return (asked.low is None or value >= asked.low) and (asked.high is None or value <= asked.high)


def test_every_filter_finds_what_a_plain_reckoning_finds(company, channel):
    cases, tags, fields = population(company, channel)
    now = timezone.now()

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        view=st.sampled_from(View),
        due=st.sampled_from(["", *Due]),
        priority=st.sampled_from(["", *Priority.values]),
        state=st.sampled_from(["", "", "", *CaseState.values]),
        unassigned=st.booleans(),
        organisation=st.sampled_from(["", "", "华东", "华", "没有"]),
        wanted_tags=st.sets(st.sampled_from(tags), max_size=2),
        asked=st.lists(answers_to(fields), max_size=2),
    )
    def check(*, view, due, priority, state, unassigned, organisation, wanted_tags, asked):
        wanted = CaseFilter(
            view=view, due=due, priority=priority, state=state, unassigned=unassigned, organisation=organisation,
            tags=tuple(wanted_tags), fields=tuple(asked),
        )  # fmt: skip
        found = narrowed(Case.objects.all(), wanted, person=company.agent, now=now).values_list("number", flat=True)
        assert sorted(found) == [one.number for one in cases if fits(one, wanted, company.agent, now)]

    check()


def test_a_filter_by_tags_or_fields_is_served_by_their_indexes(company, channel):
    from django.db import connection

    _cases, tags, fields = population(company, channel)
    plain = CaseFilter(view=View.ALL)
    asked = {
        "desk_case_tags": replace(plain, tags=(tags[0],)),
        "desk_case_fields": replace(plain, fields=(FieldFilter(fields[3], value="甲"),)),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    for index, wanted in asked.items():
        found = narrowed(Case.objects.all(), wanted, person=company.agent, now=timezone.now())
        assert index in found.explain()
