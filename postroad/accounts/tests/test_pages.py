"""The pages of key accounts, as people use them."""

from io import BytesIO

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from postroad.accounts import actions
from postroad.accounts.models import Absence, HandOver, KeyAccount, Medium
from postroad.accounts.tests.factories import MONDAY, TEST, make_account, make_customer
from postroad.clock.tests.factories import make_calendar
from postroad.org.actions import create_organisation, set_language
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def travelling():
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def account(company):
    return make_account(company)


def text_of(response):
    assert response.status_code == 200, response.content.decode()[:400]
    return response.content.decode()


def test_the_head_names_a_manager_who_finds_the_account_on_the_list(client, company):
    make_calendar("company")
    contact = make_customer()
    sign_in(client, company.department_head)
    form = {"organisation": contact.organisation_id, "manager": "A006", "phone_every": "2", "phone_unit": "weeks"}
    nobody = client.post(reverse("accounts:new"), form | {"phone_every": ""})
    assert nobody.status_code == 422
    posted = client.post(reverse("accounts:new"), form)
    account = KeyAccount.objects.get()
    assert posted.url == account.get_absolute_url()
    sign_in(client, company.owner)
    assert "蓝海食品" in text_of(client.get(reverse("accounts:accounts_results")))
    assert "蓝海食品" in text_of(client.get(account.get_absolute_url()))


def test_a_head_names_nobody_of_another_department(client, company):
    make_calendar("company")
    contact = make_customer()
    sign_in(client, company.department_head)
    form = {"organisation": contact.organisation_id, "manager": "A007", "phone_every": "2", "phone_unit": "weeks"}
    assert client.post(reverse("accounts:new"), form).status_code == 422
    assert not KeyAccount.objects.exists()


def test_the_list_is_narrowed_and_taken_out_as_a_workbook(client, company, account, travelling):
    make_account(company, contact=make_customer("东和包装", mail="xu@donghe.example"), manager=company.agent)
    create_organisation(name="无人负责", key_account=True, actor=TEST)
    sign_in(client, company.desk_lead)
    shown = text_of(client.get(reverse("accounts:accounts")))
    assert all(name in shown for name in ("蓝海食品", "东和包装", "无人负责"))
    found = text_of(client.get(reverse("accounts:accounts_results"), {"q": company.agent.name}))
    assert ("蓝海食品" in found, "东和包装" in found) == (False, True)
    travelling.move_to("2026-05-19T02:00:00Z")
    sign_in(client, company.desk_lead)
    for show, hits in {"overdue": 0, "soon": 2, "quiet": 0, "hand-over": 0, "mine": 0, "ended": 0, "junk": 2}.items():
        listed = text_of(client.get(reverse("accounts:accounts_results"), {"show": show}))
        assert listed.count("data-row") == hits, show
    sheet = load_workbook(BytesIO(client.get(reverse("accounts:export"), {"q": "蓝海"}).content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert [rows[1][0], rows[1][1]] == ["蓝海食品", company.owner.name]
    assert len(rows) == 2


def test_those_not_spoken_to_for_a_month_are_shown(client, company, account, travelling):
    travelling.move_to("2026-06-20T02:00:00Z")
    set_language(person=company.desk_lead, language="en")
    sign_in(client, company.desk_lead)
    assert "not spoken to for 33 days" in text_of(client.get(reverse("accounts:accounts"), {"show": "quiet"}))


def test_the_list_costs_the_same_however_long_it_is(client, company, account, django_assert_max_num_queries):
    for number in range(6):
        make_account(company, contact=make_customer(f"客户{number}", mail=f"{number}@x.example"))
    sign_in(client, company.desk_lead)
    url = reverse("accounts:accounts_results")
    client.get(url)
    # Session, account, roles; the list, how it stands (5), those without a manager.
    with django_assert_max_num_queries(14):
        assert text_of(client.get(url)).count("data-row") == 7


def test_a_visit_is_noted_down_and_shown_in_the_log(client, company, account):
    sign_in(client, company.owner)
    url = reverse("accounts:contact_new", args=[account.pk])
    entry = {"medium": "meeting", "at": "2026-05-15T14:00", "words": "看了新生产线"}
    assert client.post(url, entry | {"at": "2026-06-15T14:00"}).status_code == 422
    assert client.post(url, entry).status_code == 302
    assert "看了新生产线" in text_of(client.get(account.get_absolute_url()))
    assert "看了新生产线" in text_of(client.get(reverse("accounts:log", args=[account.pk]), {"medium": "meeting"}))
    assert "看了新生产线" not in text_of(client.get(reverse("accounts:log", args=[account.pk]), {"medium": "mail"}))


def test_outside_words_are_shown_as_words(client, company, account):
    actions.enter_contact(
        account=account, person=company.owner, medium=Medium.MEETING, at=MONDAY, words="<script>alert(1)</script>"
    )
    sign_in(client, company.owner)
    assert "<script>alert(1)" not in text_of(client.get(account.get_absolute_url()))


def test_what_is_agreed_on_is_changed_and_ended_by_who_keeps_it_only(client, company, account):
    sign_in(client, company.owner)
    assert client.get(reverse("accounts:edit", args=[account.pk])).status_code == 403
    sign_in(client, company.department_head)
    form = text_of(client.get(reverse("accounts:edit", args=[account.pk])))
    assert 'value="2"' in form
    changed = {"deputy": "", "mail_every": "3", "mail_unit": "days", "contract_number": "QH-17"}
    assert client.post(reverse("accounts:edit", args=[account.pk]), changed).status_code == 302
    assert account.rhythms.get(ended_on=None).duty.how_often
    assert client.post(reverse("accounts:end", args=[account.pk]), {"reason": "合同终止"}).status_code == 302
    assert "合同终止" in text_of(client.get(account.get_absolute_url()))


def test_a_hand_over_goes_from_one_to_the_other(client, company, account):
    sign_in(client, company.owner)
    asked = client.post(reverse("accounts:hand_over_new", args=[account.pk]), {"proposed": "A007", "words": "六月续签"})
    assert asked.status_code == 302
    hand_over = HandOver.objects.get()
    assert client.post(hand_over.get_absolute_url(), {"successor": "A007"}).status_code == 403
    sign_in(client, company.agent)
    assert "六月续签" in text_of(client.get(hand_over.get_absolute_url()))
    assert client.post(hand_over.get_absolute_url(), {"successor": "A008"}).status_code == 422
    assert client.post(hand_over.get_absolute_url(), {"successor": "A007"}).status_code == 302
    account.refresh_from_db()
    assert account.manager == company.agent


def test_absences_are_entered_for_oneself_and_by_the_head(client, company, account):
    url = reverse("accounts:absences")
    days = {"starts_on": "2026-05-18", "ends_on": "2026-05-20", "reason": "年假"}
    sign_in(client, company.owner)
    assert client.post(url, days).status_code == 302
    sign_in(client, company.department_head)
    assert company.owner.name in text_of(client.get(url))
    assert client.post(url, days | {"person": "A007"}).status_code == 422
    absence = Absence.objects.get()
    sign_in(client, company.agent)
    assert client.post(reverse("accounts:absence_end", args=[absence.pk])).status_code == 404
    sign_in(client, company.department_head)
    assert client.post(reverse("accounts:absence_end", args=[absence.pk])).status_code == 302
    assert not Absence.objects.exists()


def test_what_waits_is_on_my_work(client, company, account, travelling):
    travelling.move_to("2026-05-19T02:00:00Z")
    sign_in(client, company.owner)
    assert "蓝海食品" in text_of(client.get("/"))
    sign_in(client, company.stranger)
    assert "蓝海食品" not in text_of(client.get("/"))
