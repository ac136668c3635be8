"""Who may sign in, and how: staff with their user name or staff number, or through the company's OIDC server.

Nobody signs themselves up. An account of somebody who has left, or not yet joined, is nobody's.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib import messages
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from postroad.org.models import Account, today
from postroad.org.personal import PersonalField, digest, normalise_mail
from postroad.platform.crypto import open_sealed, seal

FACTOR_CONTEXT = "org.second-factor"


class ActiveStaffBackend(BaseBackend):
    """Admits active accounts of people who work here today; asked again on every request of a session."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Account | None:
        del request
        if not username or not password:
            return None
        account = account_named(username)
        if account is None:
            Account().set_password(password)  # an unknown name costs as much time as a known one
            return None
        return account if account.check_password(password) and may_sign_in(account) else None

    def get_user(self, user_id: UUID) -> Account | None:
        account = Account.objects.select_related("person").filter(pk=user_id).first()
        return account if account and may_sign_in(account) else None


def may_sign_in(account: Account) -> bool:
    return account.is_active and account.person is not None and account.person.is_active_on(today())


def account_named(name: str) -> Account | None:
    """The account behind a user name or a staff number; a user name goes first."""
    accounts = Account.objects.select_related("person")
    return (
        accounts.filter(username__iexact=name.strip()).first()
        or accounts.filter(person__staff_no__iexact=name.strip()).first()
    )


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """No self sign-up; accounts carry no mail address in the open, so none is ever asked for or shown."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        del request
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count failures per account, not per spelling: user name and staff number are the same door."""
        account = account_named(credentials.get("username") or "")
        if account is not None:
            credentials = {**credentials, "username": account.username}
        super().pre_authenticate(request, **credentials)


class StaffSocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Sign-in by OIDC for people the company already knows, by staff number or verified mail address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        del request, sociallogin
        return False

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        del request, socialaccount
        return reverse("org:profile")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.is_existing:
            return
        account = account_of_claims(sociallogin.account.extra_data)
        if account is None or not may_sign_in(account):
            messages.error(request, _("Your sign-in is valid, but nobody here is registered under it."))
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, account)


class SealingMfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps the secrets of one-time codes sealed."""

    def encrypt(self, text: str) -> str:
        return b64encode(seal(text.encode(), context=FACTOR_CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return open_sealed(b64decode(encrypted_text), context=FACTOR_CONTEXT).decode()


def account_of_claims(claims: dict[str, Any]) -> Account | None:
    """The account that OIDC claims speak of: `staff_no` or `employee_number`, else a verified `email`."""
    claims = {**claims, **(claims.get("userinfo") or {}), **(claims.get("id_token") or {})}
    with_person = Account.objects.select_related("person").filter(person__left_on__isnull=True)
    staff_no = claims.get("staff_no") or claims.get("employee_number")
    if staff_no:
        return with_person.filter(person__staff_no=str(staff_no)).first()
    if not claims.get("email_verified"):
        return None
    try:
        mail = normalise_mail(str(claims.get("email", "")))
    except ValidationError:
        return None
    return with_person.filter(person__mail_digest=digest(PersonalField.MAIL, mail)).first()
