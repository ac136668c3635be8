"""Macros: what they do, what they refuse, whom they ask."""

from __future__ import annotations

import pytest
from django.urls import reverse

from postroad.desk import actions
from postroad.desk.models import CannedAnswer, CaseState, Draft, Macro, Note, Priority
from postroad.desk.tests.workplace.words import events, make_field, make_macro, make_tag, steps_of_every_kind
from postroad.org.tests.cast import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_every_step_is_taken_in_order_and_is_on_record(company, case):
    made = make_macro(company, *steps_of_every_kind(company))
    outcome = actions.run_macro(macro=made, numbers=[case.number], person=company.agent)
    assert outcome.refused == {}
    case.refresh_from_db()
    assert (case.priority, case.assignee, case.state) == (Priority.HIGH, company.agent, CaseState.SOLVED)
    assert (len(case.tag_ids), list(case.field_values.values())) == (1, ["HT-9"])
    assert Draft.objects.get(case=case, person=company.agent).text == f"{case.contact.name}，您好，#{case.number}"
    assert Note.objects.get(case=case).text == "@孙晓 看一下"
    assert "desk.macro.run" in events(case)


def test_the_preview_changes_nothing_and_fills_the_text_in(agent, company, case):
    made = make_macro(company, *steps_of_every_kind(company))
    page = agent.get(reverse("desk:macro", args=[case.number]), {"macro": made.pk}).content.decode()
    assert f"您好，#{case.number}" in page
    case.refresh_from_db()
    assert (case.state, case.tag_ids, Draft.objects.count()) == (CaseState.NEW, [], 0)


def test_where_one_step_is_refused_none_is_taken(company, case):
    made = make_macro(company, {"do": "priority", "value": "high"}, {"do": "state", "value": "solved"})
    outcome = actions.run_macro(macro=made, numbers=[case.number], person=company.agent)
    assert outcome.done == []
    assert list(outcome.refused.values()) == [[case.number]]
    case.refresh_from_db()
    assert case.priority == Priority.NORMAL


def test_a_step_that_names_what_is_gone_says_so(company, case):
    gone = make_tag(company, "旧")
    made = make_macro(company, {"do": "tag", "value": str(gone.pk)})
    actions.remove_tag(tag=gone, person=company.desk_lead)
    outcome = actions.run_macro(macro=made, numbers=[case.number], person=company.agent)
    assert outcome.done == []
    assert "removed" in outcome.why_not


def test_each_step_needs_the_right_of_who_runs_it(company, case):
    made = make_macro(company, {"do": "priority", "value": "high"})
    outcome = actions.run_macro(macro=made, numbers=[case.number], person=company.supervising_leader)
    assert outcome.done == []
    case.refresh_from_db()
    assert case.priority == Priority.NORMAL


def test_a_text_is_added_to_what_one_is_writing(company, case):
    actions.save_draft(case=case, to="", cc="", text="已开始", person=company.agent)
    made = make_macro(company, steps_of_every_kind(company)[0])
    actions.run_macro(macro=made, numbers=[case.number], person=company.agent)
    text = Draft.objects.get(case=case).text
    assert text.startswith("已开始\n\n")
    assert "您好" in text


def test_a_macro_is_written_in_the_form_and_an_incomplete_step_is_named(client, company):
    lead = sign_in(client, company.desk_lead)
    amount = make_field(company, "金额", "number")
    form = {"name": "退款流程", "channel": "", "step-TOTAL_FORMS": "2", "step-INITIAL_FORMS": "0"}
    form |= {"step-0-do": "priority", "step-0-priority": "urgent", "step-1-do": "field", "step-1-field": amount.pk}
    assert lead.post(reverse("desk:macro_new"), form | {"step-1-answer": "viel"}).status_code == 422
    assert lead.post(reverse("desk:macro_new"), form | {"step-1-answer": "12"}).status_code == 302
    assert Macro.objects.get().steps == [
        {"do": "priority", "value": "urgent"},
        {"do": "field", "field": str(amount.pk), "value": 12},
    ]
    assert lead.get(reverse("desk:macro_edit", args=[Macro.objects.get().pk])).status_code == 200


@pytest.mark.parametrize("name", ["tags", "tag_new", "fields", "field_new", "macros", "macro_new"])
def test_only_who_runs_the_desk_keeps_its_words(client, company, channel, name):
    assert sign_in(client, company.agent).get(reverse(f"desk:{name}")).status_code == 403
    CannedAnswer.objects.create(title="a", text="b")
    assert sign_in(client, company.desk_lead).get(reverse(f"desk:{name}")).status_code == 200
