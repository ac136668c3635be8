"""Mails to approvers and applicants, and deciding by the link in them."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from postroad.approvals import actions, queries
from postroad.approvals.actions.mails import _letters
from postroad.approvals.models import MailLink, Request
from postroad.approvals.tests.factories import HEAD, approve, ask, make_flow, people_rule, reject, step_of
from postroad.org.models import Account, Person, today
from postroad.platform.errors import Conflict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("effects")]


@pytest.fixture(autouse=True)
def _no_wrong_tries_yet():
    cache.clear()


@pytest.fixture
def request_(company) -> Request:
    make_flow({"approvers": HEAD}, {"approvers": people_rule(company.executive)})
    return ask(company.owner)


def write(request: Request) -> list[mail.EmailMessage]:
    """Run the mail job of the open step; the mails it sent."""
    before = len(mail.outbox)
    actions.ask_approvers(step_id=step_of(request).pk)
    return mail.outbox[before:]


def path_in(text: str) -> str:
    return re.search(r"(/approvals/by-mail/\S+)", text)[1]


def link_for(request: Request) -> str:
    """The link in the mail to the first approver, unsent."""
    return path_in(_letters(step_of(request).pk)[0].text)


@pytest.mark.django_db(transaction=True)
class TestMails:
    def test_every_approver_gets_one_with_a_link_of_their_own(self, company):
        make_flow({"approvers": people_rule(company.hr, company.it), "mode": "all"})
        letters = write(ask(company.owner))
        assert {letter.to[0] for letter in letters} == {"hr@company.test", "it@company.test"}
        assert len({path_in(letter.body) for letter in letters}) == 2

    def test_running_the_job_again_writes_to_nobody_twice(self, request_):
        assert len(write(request_)) == 1
        assert write(request_) == []

    def test_a_reminder_writes_to_those_who_have_not_decided(self, company):
        make_flow({"approvers": people_rule(company.hr, company.it), "mode": "all"})
        request = ask(company.owner)
        write(request)
        approve(request, company.hr)
        actions.remind(request_id=request.pk, actor=company.owner.as_actor())
        [letter] = write(request)
        assert letter.to == ["it@company.test"]
        assert "催办" in letter.subject

    def test_the_deputy_is_written_to_as_well(self, company, request_):
        actions.delegate(
            delegator=company.administration_head,
            delegate=company.administration_clerk,
            starts_on=today(),
            ends_on=today(),
            reason="",
            actor=company.administration_head.as_actor(),
        )
        letters = {letter.to[0]: letter for letter in write(request_)}
        assert set(letters) == {"administration_head@company.test", "administration_clerk@company.test"}
        assert "王芳" in letters["administration_clerk@company.test"].body

    def test_a_mail_that_fails_is_tried_again_and_the_others_are_not(self, company, monkeypatch):
        make_flow({"approvers": people_rule(company.hr, company.it), "mode": "all"})
        request = ask(company.owner)
        send = EmailBackend.send_messages

        def refuse_hr(self, messages):
            if messages[0].to == ["hr@company.test"]:
                raise ConnectionError("mailbox busy")
            return send(self, messages)

        monkeypatch.setattr(EmailBackend, "send_messages", refuse_hr)
        with pytest.raises(ExceptionGroup):
            write(request)
        assert [letter.to for letter in mail.outbox] == [["it@company.test"]]
        monkeypatch.setattr(EmailBackend, "send_messages", send)
        MailLink.objects.filter(sent_at=None).update(created_at=timezone.now() - timedelta(hours=1))
        assert [letter.to for letter in write(request)] == [["hr@company.test"]]

    def test_each_is_written_to_in_their_own_language(self, company, request_):
        Person.objects.filter(pk=company.administration_head.pk).update(language="en")
        [letter] = write(request_)
        assert letter.subject == "Please decide “一个包裹”"

    def test_a_title_with_line_breaks_cannot_add_headers(self, company):
        make_flow({"approvers": HEAD})
        [letter] = write(ask(company.owner, title="x\r\nBcc: all@company.test"))
        assert "\n" not in letter.subject

    def test_nobody_is_written_to_about_a_decided_step(self, company, request_):
        step = step_of(request_)
        approve(request_, company.administration_head)
        actions.ask_approvers(step_id=step.pk)
        assert mail.outbox == []

    def test_the_applicant_learns_what_became_of_it(self, company, request_):
        reject(request_, company.administration_head, "预算不够")
        actions.tell_applicant(request_id=request_.pk)
        [letter] = mail.outbox
        assert letter.to == ["owner@company.test"]
        assert "预算不够" in letter.body

    def test_no_mail_leaves_inside_a_transaction(self, request_):
        from django.db import transaction

        with pytest.raises(RuntimeError, match="transaction"), transaction.atomic():
            actions.ask_approvers(step_id=step_of(request_).pk)
        assert mail.outbox == []


class TestLinks:
    @pytest.fixture
    def path(self, request_) -> str:
        return link_for(request_)

    def test_opening_it_decides_nothing(self, client, request_, path):
        for _ in range(3):
            page = client.get(path)
            assert page.status_code == 200
            assert "一个包裹" in page.content.decode()
        assert client.head(path).status_code == 200
        assert step_of(request_).position == 0

    def test_sending_the_form_decides_without_signing_in(self, client, company, request_, path):
        page = client.post(path, {"verdict": "approved", "comment": "好"})
        assert page.status_code == 200
        assert step_of(request_).position == 1
        decided = request_.steps.get(position=0).assignments.get()
        assert (decided.via, decided.decided_by, decided.comment) == ("mail-link", company.administration_head, "好")

    def test_it_works_once(self, client, company, request_, path):
        client.post(path, {"verdict": "approved"})
        assert client.get(path).status_code == 410
        assert client.post(path, {"verdict": "rejected", "comment": "不"}).status_code == 410
        request_.refresh_from_db()
        assert request_.state == "pending"

    def test_it_expires(self, client, path):
        MailLink.objects.update(expires_at=timezone.now())
        assert client.get(path).status_code == 410
        assert client.post(path, {"verdict": "approved"}).status_code == 410

    def test_it_opens_its_own_step_only(self, client, company, path, request_):
        approve(request_, company.administration_head)
        assert client.post(path, {"verdict": "approved"}).status_code == 410
        assert step_of(request_).position == 1

    def test_a_withdrawn_request_does_not_open(self, client, company, path, request_):
        actions.withdraw(request_id=request_.pk, actor=company.owner.as_actor())
        assert client.get(path).status_code == 410

    def test_a_leaver_does_not_decide(self, client, company, path, request_):
        Person.objects.filter(pk=company.administration_head.pk).update(left_on=today() - timedelta(days=1))
        assert client.post(path, {"verdict": "approved"}).status_code == 403
        assert step_of(request_).position == 0
        assert MailLink.objects.get().used_at is None

    def test_nor_does_somebody_whose_account_is_closed(self, client, company, path, request_):
        Account.objects.filter(person=company.administration_head).update(is_active=False)
        assert client.post(path, {"verdict": "approved"}).status_code == 403

    def test_a_missing_reason_is_asked_for_and_uses_nothing_up(self, client, path, request_):
        page = client.post(path, {"verdict": "rejected", "comment": ""})
        assert page.status_code == 422
        assert client.post(path, {"verdict": "rejected", "comment": "不行"}).status_code == 200
        request_.refresh_from_db()
        assert request_.state == "rejected"

    def test_an_effect_that_fails_uses_nothing_up(self, client, company, effects):
        make_flow({"approvers": HEAD}, key="one")
        path = link_for(ask(company.owner, key="one"))
        effects.error = Conflict("the name is taken")
        page = client.post(path, {"verdict": "approved"})
        assert page.status_code == 409
        assert "the name is taken" in page.content.decode()
        effects.error = None
        assert client.post(path, {"verdict": "approved"}).status_code == 200

    def test_only_its_hash_is_kept(self, path):
        token = path.rstrip("/").rpartition("/")[2]
        kept = MailLink.objects.get()
        assert token.encode() not in bytes(kept.token_hash)
        assert len(token) >= 43

    def test_a_link_cut_off_opens_nothing_and_guessing_is_stopped(self, client, path):
        for _ in range(20):
            assert client.get(path[:-5] + "/").status_code == 410
        assert client.get(path).status_code == 429
        assert client.post(path, {"verdict": "approved"}).status_code == 429
        cache.clear()
        assert client.get(path).status_code == 200

    def test_it_is_never_cached_and_tells_nobody_its_address(self, client, path):
        page = client.get(path)
        assert "no-store" in page["Cache-Control"]
        assert page["Referrer-Policy"] == "same-origin"

    def test_a_form_without_a_token_of_ours_is_refused(self, path, request_):
        from django.test import Client

        assert Client(enforce_csrf_checks=True).post(path, {"verdict": "approved"}).status_code == 403
        assert step_of(request_).position == 0

    @pytest.mark.django_db(transaction=True)
    def test_used_at_once_by_two_it_decides_once(self, company, request_, path):
        from postroad.approvals.counting import Verdict
        from postroad.approvals.tests.test_races import race, refusals

        token = path.rstrip("/").rpartition("/")[2]

        def use():
            return actions.decide_by_link(token=token, verdict=Verdict.APPROVED, comment="")

        assert len(refusals(race(use, use))) == 1
        assert queries.waiting_for(company.executive).count() == 1
