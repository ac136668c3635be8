"""The pages: who may open and do what, what they show, what a list costs."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from postroad.approvals import actions
from postroad.approvals.models import Delegation, Flow, Request
from postroad.approvals.tests.factories import (
    DEPARTMENT_HEAD,
    HEAD,
    KIND,
    LEADER,
    SUBJECT,
    approve,
    ask,
    make_flow,
    send_back,
    step_of,
)
from postroad.org.models import today
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def flow(company, effects) -> Flow:
    return make_flow({"approvers": HEAD, "due_minutes": 60}, {"approvers": LEADER})


@pytest.fixture
def request_(company, flow) -> Request:
    return ask(company.owner)


def page(client, person, name, **kwargs):
    sign_in(client, person)
    return client.get(reverse(f"approvals:{name}", kwargs=kwargs))


def send(client, person, name, data=None, **kwargs):
    sign_in(client, person)
    return client.post(reverse(f"approvals:{name}", kwargs=kwargs), data or {})


def text(response) -> str:
    return response.content.decode()


class TestLists:
    def test_what_waits_is_on_the_approvers_list_only(self, client, company, request_):
        assert request_.title in text(page(client, company.administration_head, "waiting"))
        assert request_.title not in text(page(client, company.supervising_leader, "waiting"))
        assert request_.title not in text(page(client, company.owner, "waiting"))

    def test_it_is_on_my_work(self, client, company, request_):
        sign_in(client, company.administration_head)
        assert request_.title in text(client.get("/"))
        sign_in(client, company.stranger)
        assert request_.title not in text(client.get("/"))

    def test_my_requests_are_mine(self, client, company, request_):
        assert request_.title in text(page(client, company.owner, "mine"))
        assert request_.title not in text(page(client, company.stranger, "mine"))

    def test_they_narrow_by_state(self, client, company, request_):
        sign_in(client, company.owner)
        results = reverse("approvals:mine_results")
        assert request_.title in text(client.get(results, {"state": "pending"}))
        assert request_.title not in text(client.get(results, {"state": "approved"}))
        assert request_.title in text(client.get(results, {"state": "nonsense"}))

    def test_all_requests_are_for_overseers(self, client, company, request_):
        assert request_.title in text(page(client, company.auditor, "everything"))
        assert page(client, company.owner, "everything").status_code == 403

    def test_nobody_else_sees_a_draft(self, client, company, flow):
        draft = actions.save_draft(
            kind=KIND,
            flow_key="parcels",
            applicant=company.owner,
            subject=SUBJECT,
            title="只是草稿",
            payload={},
            actor=company.owner.as_actor(),
        )
        assert "只是草稿" in text(page(client, company.owner, "mine"))
        assert "只是草稿" not in text(page(client, company.auditor, "everything"))
        assert page(client, company.auditor, "request", request_id=draft.pk).status_code == 404

    @pytest.mark.parametrize("name", ["waiting", "mine", "everything"])
    def test_a_list_of_any_length_costs_the_same(self, client, company, flow, name):
        readers = {"waiting": company.administration_head, "mine": company.owner, "everything": company.auditor}
        sign_in(client, readers[name])

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                client.get(reverse(f"approvals:{name}"))
            return len(captured)

        for _ in range(3):
            ask(company.owner)
        cost()
        few = cost()
        for _ in range(27):
            ask(company.owner)
        assert cost() == few <= 20

    def test_my_work_costs_at_most_three_queries_for_its_card(
        self, company, request_, rf, django_assert_max_num_queries
    ):
        from postroad.approvals.views.requests import waiting_card

        request = rf.get("/")
        request.person = company.administration_head
        with django_assert_max_num_queries(3):
            context = waiting_card(request)
            assert [one.step.request.title for one in context["assignments"]] == [request_.title]
        assert context["count"] == 1


class TestRequestPage:
    def test_it_shows_what_is_asked_for_and_who_decides(self, client, company, request_):
        shown = text(page(client, company.owner, "request", request_id=request_.pk))
        assert "2 kg" in shown
        assert company.administration_head.name in shown
        assert company.supervising_leader.name in shown

    @pytest.mark.parametrize("name", ["request", "progress"])
    def test_it_is_for_those_concerned(self, client, company, request_, name):
        readers = ["owner", "administration_head", "auditor", "stranger", "supervising_leader"]
        statuses = [
            page(client, getattr(company, reader), name, request_id=request_.pk).status_code for reader in readers
        ]
        assert statuses == [200, 200, 200, 404, 404]
        approve(request_, company.administration_head)
        assert page(client, company.supervising_leader, name, request_id=request_.pk).status_code == 200
        assert page(client, company.owner, name, request_id=uuid4()).status_code == 404

    def test_the_decision_is_offered_to_whom_it_is_asked_of(self, client, company, request_):
        offer = reverse("approvals:decide", kwargs={"request_id": request_.pk})
        assert offer in text(page(client, company.administration_head, "request", request_id=request_.pk))
        assert offer not in text(page(client, company.owner, "request", request_id=request_.pk))
        assert offer not in text(page(client, company.auditor, "request", request_id=request_.pk))

    def test_what_people_wrote_is_shown_as_text(self, client, company, request_):
        approve(request_, company.administration_head, "<script>alert(1)</script>")
        shown = text(page(client, company.owner, "request", request_id=request_.pk))
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert" in shown


class TestDeciding:
    def decide(self, client, company, request, person="administration_head", **data):
        given = {"step_id": step_of(request).pk, "verdict": "approved", "comment": ""} | data
        return send(client, getattr(company, person), "decide", given, request_id=request.pk)

    def test_one_click_approves(self, client, company, request_):
        assert self.decide(client, company, request_).status_code == 302
        assert step_of(request_).position == 1

    def test_a_get_decides_nothing(self, client, company, request_):
        assert page(client, company.administration_head, "decide", request_id=request_.pk).status_code == 405

    def test_rejecting_without_a_reason_keeps_the_form_and_says_so(self, client, company, request_):
        response = self.decide(client, company, request_, verdict="rejected")
        assert response.status_code == 422
        assert "请说明原因" in text(response)
        assert step_of(request_).position == 0

    def test_somebody_not_asked_is_refused(self, client, company, request_):
        assert self.decide(client, company, request_, "stranger").status_code == 404
        assert self.decide(client, company, request_, "auditor").status_code == 403
        assert self.decide(client, company, request_, "owner").status_code == 403
        assert step_of(request_).position == 0

    def test_what_the_effect_complains_of_is_shown_and_the_comment_kept(self, client, company, effects):
        make_flow({"approvers": HEAD}, key="one")
        request = ask(company.owner, key="one")
        effects.error = Conflict("名称已被占用")
        response = self.decide(client, company, request, comment="我同意这个")
        assert response.status_code == 409
        assert "名称已被占用" in text(response)
        assert "我同意这个" in text(response)

    def test_a_step_decided_meanwhile_says_by_whom(self, client, company, request_):
        step = step_of(request_)
        approve(request_, company.administration_head)
        response = send(
            client,
            company.administration_head,
            "decide",
            {"step_id": step.pk, "verdict": "approved"},
            request_id=request_.pk,
        )
        assert response.status_code == 409
        assert "王芳" in text(response)

    def test_nonsense_is_refused(self, client, company, request_):
        assert self.decide(client, company, request_, verdict="maybe").status_code == 422
        assert self.decide(client, company, request_, step_id="x").status_code == 422


class TestTheApplicantsButtons:
    @pytest.mark.parametrize("name", ["submit", "withdraw", "remind"])
    def test_they_are_for_the_applicant_alone(self, client, company, request_, name):
        assert send(client, company.auditor, name, request_id=request_.pk).status_code == 403
        assert send(client, company.stranger, name, request_id=request_.pk).status_code == 404
        assert page(client, company.owner, name, request_id=request_.pk).status_code == 405
        request_.refresh_from_db()
        assert request_.state == "pending"

    def test_withdrawing(self, client, company, request_):
        assert send(client, company.owner, "withdraw", request_id=request_.pk).status_code == 302
        assert send(client, company.owner, "withdraw", request_id=request_.pk).status_code == 409
        request_.refresh_from_db()
        assert request_.state == "withdrawn"

    def test_reminding_is_not_nagging(self, client, company, request_):
        assert send(client, company.owner, "remind", request_id=request_.pk).status_code == 302
        assert send(client, company.owner, "remind", request_id=request_.pk).status_code == 409

    def test_submitting_a_returned_request_again(self, client, company, request_):
        send_back(request_, company.administration_head)
        assert send(client, company.owner, "submit", request_id=request_.pk).status_code == 302
        assert step_of(request_).round == 2


class TestDeputies:
    def given(self, company, **change):
        day = today()
        return {"delegate": company.administration_clerk.name, "starts_on": day, "ends_on": day} | change

    def test_naming_and_ending_one(self, client, company, effects):
        head = company.administration_head
        data = self.given(company, delegator=head.staff_no)
        assert send(client, head, "delegations", data).status_code == 302
        delegation = Delegation.objects.get()
        assert (delegation.delegator, delegation.delegate) == (head, company.administration_clerk)
        assert company.administration_clerk.name in text(page(client, head, "delegations"))
        assert send(client, company.stranger, "delegation_end", delegation_id=delegation.pk).status_code == 404
        assert send(client, head, "delegation_end", delegation_id=delegation.pk).status_code == 302
        delegation.refresh_from_db()
        assert delegation.ends_on < today()

    def test_only_its_keepers_name_one_for_others(self, client, company, effects):
        for_wang = self.given(company, delegator=company.administration_head.name)
        send(client, company.stranger, "delegations", for_wang)
        assert Delegation.objects.get().delegator == company.stranger
        send(client, company.hr, "delegations", for_wang)
        assert Delegation.objects.filter(delegator=company.administration_head).exists()

    def test_faults_are_shown_at_their_fields(self, client, company, effects):
        data = self.given(company, ends_on=today() - timedelta(days=1))
        response = send(client, company.stranger, "delegations", data)
        assert response.status_code == 422
        assert "ends_on" in response.context["form"].errors
        response = send(client, company.stranger, "delegations", self.given(company, delegate="谁也不是"))
        assert "delegate" in response.context["form"].errors


class TestFlows:
    def steps(self, *several):
        data = {"steps-TOTAL_FORMS": len(several), "steps-INITIAL_FORMS": 0}
        for number, step in enumerate(several):
            given = {"mode": "any", "rule": "department_head", "ORDER": number + 1} | step
            data |= {f"steps-{number}-{key}": value for key, value in given.items()}
        return data

    def test_everybody_sees_who_would_be_asked(self, client, company, flow):
        shown = text(page(client, company.stranger, "flow", flow_id=flow.pk))
        assert company.administration_head.name in shown
        assert flow.name in text(page(client, company.stranger, "flows"))

    def test_it_can_be_tried_for_somebody_else(self, client, company, effects):
        flow = make_flow({"approvers": DEPARTMENT_HEAD})
        sign_in(client, company.stranger)
        shown = client.get(reverse("approvals:flow", kwargs={"flow_id": flow.pk}), {"applicant": company.agent.name})
        assert company.supervising_leader in shown.context["planned"][0].people

    def test_changing_them_is_for_their_keepers(self, client, company, flow):
        assert page(client, company.stranger, "flow_create").status_code == 403
        assert page(client, company.stranger, "flow_edit", flow_id=flow.pk).status_code == 403
        assert page(client, company.administration_head, "flow_edit", flow_id=flow.pk).status_code == 200

    def test_a_flow_is_made_in_the_order_of_its_numbers(self, client, company, effects):
        data = self.steps(
            {"name": "第二", "ORDER": 2, "rule": "role", "role": "it"},
            {"name": "第一", "ORDER": 1, "due_hours": "8", "remind_hours": "4.5", "escalate": "supervising_leader"},
            {"name": "不要了", "ORDER": 3, "DELETE": "on"},
        )
        response = send(client, company.administrator, "flow_create", data | {"key": "new", "name": "新流程"})
        assert response.status_code == 302
        steps = Flow.objects.get(key="new").versions.get().parsed.steps
        assert [step.name for step in steps] == ["第一", "第二"]
        assert (steps[0].due, steps[0].remind) == (timedelta(hours=8), timedelta(hours=4.5))

    def test_the_editor_starts_with_what_is_in_force_and_saves_a_new_version(self, client, company, flow):
        shown = page(client, company.administrator, "flow_edit", flow_id=flow.pk)
        initial = [form.initial for form in shown.context["steps"].initial_forms]
        data = self.steps(*[{key: value or "" for key, value in step.items()} for step in initial], {"name": "再一步"})
        data["steps-INITIAL_FORMS"] = 2
        data |= {"note": "加一步", "after_version": 1}
        assert send(client, company.administrator, "flow_edit", data, flow_id=flow.pk).status_code == 302
        version = flow.versions.latest("number")
        assert [step.name for step in version.parsed.steps] == ["第1步", "第2步", "再一步"]
        assert version.parsed.steps[0].due == timedelta(hours=1)
        stale = send(client, company.administrator, "flow_edit", data, flow_id=flow.pk)
        assert stale.status_code == 422
        assert flow.versions.count() == 2

    def test_a_preview_saves_nothing_and_shows_who_would_be_asked(self, client, company, flow):
        data = self.steps({"name": "试", "rule": "people", "people": "钱雪，郑伟"}) | {"preview": "1"}
        shown = send(client, company.administrator, "flow_edit", data, flow_id=flow.pk)
        assert shown.status_code == 200
        assert set(shown.context["planned"][0].people) == {company.hr, company.it}
        assert flow.versions.count() == 1

    def test_faults_are_shown_at_their_fields(self, client, company, flow):
        data = self.steps({"name": "试", "rule": "role", "role": ""}, {"name": "二", "escalate": "supervising_leader"})
        data |= {"note": "x", "after_version": 1}
        shown = send(client, company.administrator, "flow_edit", data, flow_id=flow.pk)
        assert shown.status_code == 422
        assert "rule" in shown.context["steps"].forms[0].errors
        data = self.steps({"name": "一"}, {"name": "二", "escalate": "supervising_leader"})
        shown = send(
            client, company.administrator, "flow_edit", data | {"note": "x", "after_version": 1}, flow_id=flow.pk
        )
        assert "due_hours" in shown.context["steps"].forms[1].errors

    def test_unknown_flows_are_not_found(self, client, company, effects):
        assert page(client, company.stranger, "flow", flow_id=uuid4()).status_code == 404


def test_open_pages_of_a_request_are_for_those_who_may_see_it(company, request_):
    from postroad.platform.realtime import allowed_topics

    topic = request_.live_topic
    assert allowed_topics(company.owner.account, [topic]) == [topic]
    assert allowed_topics(company.stranger.account, [topic]) == []
    assert allowed_topics(company.owner.account, ["approvals.request.x"]) == []
