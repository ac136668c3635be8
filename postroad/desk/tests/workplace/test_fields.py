"""Custom fields: what they take, ask for and tell."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.models import CaseState
from postroad.desk.tests.factories import make_desk, reply
from postroad.desk.tests.workplace.words import make_field
from postroad.ledger.models import Entry
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_answers_are_kept_shown_filtered_by_and_exported(client, company, case):
    amount = make_field(company, "金额", "number")
    product = make_field(company, "产品", "choice", choices=["甲", "乙"])
    agent = sign_in(client, company.agent)
    given = {f"answer-{amount.key}": "1200.5", f"answer-{product.key}": "乙"}
    agent.post(reverse("desk:answer", args=[case.number]), given)

    case.refresh_from_db()
    assert case.field_values == {amount.key: 1200.5, product.key: "乙"}
    assert "1,200.5" in agent.get(case.get_absolute_url()).content.decode()
    shown = {"view": "all", f"{amount.key}_from": "1200", product.key: "乙"}
    assert len(agent.get("/desk/", shown).context["rows"]) == 1
    assert len(agent.get("/desk/", shown | {f"{amount.key}_to": "1200"}).context["rows"]) == 0
    book = sign_in(client, company.desk_lead).get(reverse("desk:export"), {"view": "all"})
    heading, line = load_workbook(BytesIO(book.content)).active.values
    assert dict(zip(heading, line, strict=True))["金额"] == 1200.5


def test_nonsense_is_refused_and_what_was_there_stays(agent, company, case):
    amount = make_field(company, "金额", "number")
    actions.fill_in(cases=[case], answers={amount: 5}, person=company.agent)
    agent.post(reverse("desk:answer", args=[case.number]), {f"answer-{amount.key}": "viel"})
    case.refresh_from_db()
    assert case.field_values == {amount.key: 5}


def test_what_must_be_known_before_solving_holds_up_solving_wherever_one_solves(company, channel, case):
    contract = make_field(company, required_to_solve=True)
    with pytest.raises(Invalid, match="合同号"):
        actions.solve(cases=[case], reason="电话", person=company.agent)
    with pytest.raises(Invalid, match="合同号"):
        reply(case, company.agent, after=After.SOLVED)
    actions.fill_in(cases=[case], answers={contract: "HT-1"}, person=company.agent)
    actions.solve(cases=[case], reason="电话", person=company.agent)
    case.refresh_from_db()
    assert case.state == CaseState.SOLVED


def test_a_field_of_another_channel_is_neither_asked_nor_required(company, case):
    make_field(company, channel=make_desk(company, "sales"), required_to_solve=True)
    assert queries.answers_of(case) == []
    actions.solve(cases=[case], reason="电话", person=company.agent)


def test_a_retired_field_is_asked_no_more_and_its_answers_come_back_with_it(company, case):
    contract = make_field(company)
    actions.fill_in(cases=[case], answers={contract: "HT-1"}, person=company.agent)
    actions.retire_field(field=contract, person=company.desk_lead)
    case.refresh_from_db()
    assert queries.answers_of(case) == []
    newer = make_field(company, "别的")
    assert newer.key != contract.key
    actions.restore_field(field=contract, person=company.desk_lead)
    assert queries.answers_of(case)[0].value == "HT-1"


def test_the_ledger_names_the_fields_but_not_the_answers(company, case):
    contract = make_field(company)
    actions.fill_in(cases=[case], answers={contract: "机密"}, person=company.agent)
    entry = Entry.objects.get(event="desk.case.filled-in")
    assert "合同号" in str(entry.data)
    assert "机密" not in str(entry.data)
