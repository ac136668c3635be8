"""Flows and their versions."""

import pytest

from postroad.approvals import actions, registry
from postroad.approvals.models import Flow
from postroad.approvals.registry import DefaultFlow, register_flow
from postroad.approvals.tests.factories import HEAD, LEADER, make_flow, people_rule
from postroad.ledger.models import Entry
from postroad.org.models import Person
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db

TWO = {"steps": [{"name": "一", "approvers": HEAD}, {"name": "二", "approvers": LEADER}]}


def change(flow, company, definition=TWO, after_version=1):
    return actions.change_flow(
        flow=flow,
        definition=definition,
        note="加一步",
        after_version=after_version,
        actor=company.administrator.as_actor(),
    )


def test_a_change_is_a_new_version_with_both_on_record(company):
    flow = make_flow({"approvers": HEAD})
    version = change(flow, company)
    assert (version.number, len(version.parsed.steps)) == (2, 2)
    entry = Entry.objects.get(event="approvals.flow.changed")
    assert len(entry.data["definition"]["before"]["steps"]) == 1
    assert len(entry.data["definition"]["after"]["steps"]) == 2


def test_two_people_changing_at_once_do_not_undo_each_other(company):
    flow = make_flow({"approvers": HEAD})
    change(flow, company)
    with pytest.raises(Conflict):
        change(flow, company, {"steps": [{"name": "三", "approvers": LEADER}]})


def test_a_change_of_nothing_is_refused(company):
    flow = make_flow({"approvers": HEAD})
    with pytest.raises(Invalid):
        change(flow, company, flow.versions.get().definition)


def test_a_bad_step_is_named_by_its_place(company):
    with pytest.raises(Invalid) as refusal:
        make_flow({"approvers": HEAD}, {"approvers": {"rule": "role"}})
    assert list(refusal.value.fields) == ["steps.1.approvers"]


def test_somebody_named_must_exist(company):
    with pytest.raises(Invalid):
        make_flow({"approvers": people_rule(Person())})


def test_a_key_is_used_once(company):
    make_flow({"approvers": HEAD})
    with pytest.raises(Invalid) as refusal:
        make_flow({"approvers": HEAD})
    assert list(refusal.value.fields) == ["key"]


def test_missing_default_flows_are_made_once(monkeypatch):
    monkeypatch.setattr(registry, "_flows", {})
    register_flow(DefaultFlow(key="fresh", name="新", name_en="Fresh", definition=TWO))
    assert [flow.key for flow in actions.create_missing_flows()] == ["fresh"]
    assert actions.create_missing_flows() == []
    assert Flow.objects.get(key="fresh").versions.get().number == 1
