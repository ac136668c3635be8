import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache, caches
from django.db import connection
from django.urls import reverse

from postroad.ledger.queries import history_of
from postroad.org import actions
from postroad.org.models import today
from postroad.org.sign_in import account_of_claims
from postroad.org.tests.cast import PASSWORD, sign_in
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid, NotFound

SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def no_failures_counted(db):
    cache.clear()


def attempt(client, name, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": name, "password": password})


def signed_in(client) -> bool:
    return client.get(reverse("org:profile")).status_code == 200


@pytest.mark.parametrize("name", ["agent", "AGENT", "A007", "a007", " A007 "])
def test_people_sign_in_with_user_name_or_staff_number(client, company, name):
    assert attempt(client, name).url == "/"
    assert signed_in(client)


def test_a_sign_in_is_on_record(client, company):
    attempt(client, "agent")
    assert [entry.event for entry in history_of(company.agent.account)] == ["org.account.signed-in"]


@pytest.mark.parametrize(("name", "password"), [("agent", "wrong password"), ("nobody", PASSWORD), ("agent", "")])
def test_a_wrong_name_or_password_opens_nothing(client, company, name, password):
    assert attempt(client, name, password).status_code == 200
    assert not signed_in(client)


def test_the_fifth_failure_shuts_the_door_for_a_while_whichever_name_was_used(client, company):
    for name in ("agent", "A007", "agent", "a007", "AGENT"):
        attempt(client, name, "wrong")
    assert attempt(client, "agent").status_code == 200
    assert not signed_in(client)
    assert attempt(client, "owner").url == "/"


def test_failures_are_counted_for_all_web_processes_together(client, company):
    for _ in range(5):
        attempt(client, "agent", "wrong password")
    of_another_process = caches.create_connection("default")
    assert any(of_another_process.get(key) for key in kept_keys() if "login_failed" in key or "login-failed" in key), (
        kept_keys()
    )


def kept_keys() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM platform_cache")
        return [key.partition(":")[2].partition(":")[2] for (key,) in cursor.fetchall()]


def test_a_leaver_is_refused_and_their_running_session_dies(client, company):
    assert attempt(client, "leaver").status_code == 200
    attempt(client, "agent")
    assert signed_in(client)
    actions.end_person(person=company.agent, left_on=today(), actor=SYSTEM)
    assert not signed_in(client)


def test_closing_an_account_ends_its_sessions_and_nobody_closes_their_own(client, company):
    sign_in(client, company.agent)
    with pytest.raises(Conflict):
        actions.close_account(account=company.agent.account, actor=company.agent.as_actor())
    actions.close_account(account=company.agent.account, actor=company.it.as_actor())
    assert not signed_in(client)
    actions.reopen_account(account=company.agent.account, actor=company.it.as_actor())
    company.agent.account.refresh_from_db()
    assert not company.agent.account.has_usable_password()


def test_accounts_whose_last_day_is_over_are_closed_by_the_clock(company, time_machine_at):
    actions.end_person(person=company.agent, left_on=today(), actor=SYSTEM)
    company.agent.account.__class__.objects.filter(person=company.agent).update(is_active=True)
    assert actions.close_leavers(actor=SYSTEM) == 0
    with time_machine_at(days=1):
        assert actions.close_leavers(actor=SYSTEM) == 1
        assert actions.close_leavers(actor=SYSTEM) == 0


def test_nobody_signs_themselves_up(client, db):
    response = client.get(reverse("account_signup"))
    assert "password1" not in response.content.decode()


def test_a_password_link_works_once_and_not_after_the_password_has_changed(company):
    account = company.agent.account
    token = actions.issue_password_link(account=account, actor=company.it.as_actor())
    with pytest.raises(Invalid):
        actions.set_password(account=account, token=token, password="1234567890")
    actions.set_password(account=account, token=token, password="a fresh sentence 9")
    account.refresh_from_db()
    assert account.check_password("a fresh sentence 9")
    with pytest.raises(NotFound):
        actions.set_password(account=account, token=token, password="another sentence 9")


def test_a_password_link_of_one_account_opens_no_other(company):
    token = default_token_generator.make_token(company.agent.account)
    with pytest.raises(NotFound):
        actions.set_password(account=company.administrator.account, token=token, password="a fresh sentence 9")


def test_a_user_name_cannot_be_somebody_elses_staff_number(company):
    person = actions.create_person(staff_no="N1", name="新人", joined_on=today(), actor=SYSTEM)
    with pytest.raises(Invalid) as refusal:
        actions.open_account(person=person, username="a007", actor=SYSTEM)
    assert refusal.value.fields.keys() == {"username"}


def test_with_a_second_factor_the_password_alone_is_not_enough_and_its_secret_is_sealed(client, company):
    attempt(client, "agent")
    asked_again = client.get(reverse("mfa_activate_totp"))
    page = client.post(asked_again.url, {"password": PASSWORD}, follow=True)
    secret = page.context["form"].secret
    response = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert response.status_code == 302
    totp = Authenticator.objects.get(user=company.agent.account, type="totp")
    assert secret not in str(totp.data)
    codes = Authenticator.objects.get(user=company.agent.account, type="recovery_codes").wrap().get_unused_codes()
    client.logout()

    assert attempt(client, "agent").url == reverse("mfa_authenticate")
    assert not signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert not signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert signed_in(client)

    actions.reset_second_factor(account=company.agent.account, actor=company.it.as_actor())
    client.logout()
    assert attempt(client, "agent").url == "/"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({"staff_no": "A007"}, "agent"),
        ({"userinfo": {"employee_number": "A007"}}, "agent"),
        ({"email": "Agent@Company.Test", "email_verified": True}, "agent"),
        ({"email": "agent@company.test"}, None),
        ({"email": "agent@company.test", "email_verified": False}, None),
        ({"email": "no address", "email_verified": True}, None),
        ({"staff_no": "A016"}, None),
        ({}, None),
    ],
)
def test_the_claims_of_the_companys_sign_in_service_name_a_person(company, claims, found):
    account = account_of_claims(claims)
    assert account == (getattr(company, found).account if found else None)


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_logout", "account_signup", "account_inactive", "mfa_index", "account_change_password",
     "account_reauthenticate", "mfa_activate_totp", "socialaccount_login_cancelled"],
)  # fmt: skip
def test_every_page_of_signing_in_has_one_heading_in_each_language(client, company, name):
    for language in ("zh-hans", "en"):
        attempt(client, "stranger")
        client.post(reverse("org:set_language"), {"language": language})
        if name in {"account_login", "account_signup"}:
            client.logout()
        text = client.get(reverse(name), follow=True).content.decode()
        assert text.count("<h1") == 1
        assert "allauth" not in text
