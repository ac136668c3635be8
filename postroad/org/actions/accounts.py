"""Accounts: opened for people by others, with a one-time link by which the person sets the password."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from postroad.ledger.actions import record
from postroad.org.actions.changes import refusing, require_text
from postroad.org.events import Event
from postroad.org.models import Account, Person, today
from postroad.org.queries import accounts_without_password
from postroad.platform.actors import Actor, Subject
from postroad.platform.errors import Conflict, Invalid, NotFound


@transaction.atomic
def open_account(*, person: Person, username: str, actor: Actor, password: str | None = None) -> Account:
    """Open an account; without a password it can be entered only by a link from `issue_password_link`.

    Raises Invalid for a user name that is taken, also as somebody else's staff number, and for a weak password.
    """
    username = require_text(username=username)["username"]
    if Person.objects.filter(staff_no__iexact=username).exclude(pk=person.pk).exists():
        raise Invalid({"username": _("This is the staff number of somebody else.")})
    account = Account(person=person, username=username)
    _set(account, password)
    with refusing():
        account.save(force_insert=True)
    record(Event.ACCOUNT_OPENED, actor=actor, subject=account)
    return account


@transaction.atomic
def issue_password_link(*, account: Account, actor: Actor) -> str:
    """A token to set the password with: good once, until PASSWORD_RESET_TIMEOUT, and not after a sign-in.

    Raises Conflict for a closed account.
    """
    account = _lock(account)
    if not account.is_active:
        raise Conflict(_("This account is closed."))
    record(Event.ACCOUNT_LINK_ISSUED, actor=actor, subject=account)
    return default_token_generator.make_token(account)


@transaction.atomic
def set_password(*, account: Account, token: str, password: str) -> Account:
    """Set the password by a one-time token.

    Raises NotFound for a token that is used, old or wrong, and Invalid for a weak password.
    """
    account = _lock(account)
    if not account.is_active or not default_token_generator.check_token(account, token):
        raise NotFound(_("This link has been used or is too old. Ask for a new one."))
    _set(account, password)
    account.save(update_fields=["password"])
    actor = account.person.as_actor() if account.person else Actor.system("accounts")
    record(Event.ACCOUNT_PASSWORD_SET, actor=actor, subject=account)
    return account


@transaction.atomic
def close_account(*, account: Account, actor: Actor) -> Account:
    """Shut an account now; its sessions end with the next request. Nobody closes their own."""
    account = _lock(account)
    if actor.kind == "person" and actor.id == str(account.person_id):
        raise Conflict(_("You cannot close your own account."))
    if account.is_active:
        account.is_active = False
        account.save(update_fields=["is_active"])
        record(Event.ACCOUNT_CLOSED, actor=actor, subject=account)
    return account


@transaction.atomic
def reopen_account(*, account: Account, actor: Actor) -> Account:
    """Open a closed account again, with no password: the person sets one by a new link.

    Raises Conflict for a leaver.
    """
    account = _lock(account)
    if account.person is None or (account.person.left_on and account.person.left_on <= today()):
        raise Conflict(_("This person has left."))
    if not account.is_active:
        account.is_active = True
        account.set_unusable_password()
        account.save(update_fields=["is_active", "password"])
        record(Event.ACCOUNT_OPENED, actor=actor, subject=account)
    return account


@transaction.atomic
def reset_second_factor(*, account: Account, actor: Actor) -> None:
    """Remove the one-time codes of somebody who lost their device; nobody removes their own this way."""
    account = _lock(account)
    if actor.kind == "person" and actor.id == str(account.person_id):
        raise Conflict(_("Ask somebody else to do this for you."))
    removed, _rows = Authenticator.objects.filter(user=account).delete()
    if removed:
        record(Event.ACCOUNT_FACTOR_RESET, actor=actor, subject=account)


@transaction.atomic
def issue_password_links(*, actor: Actor) -> list[tuple[Account, str]]:
    """A token for everybody who has no password yet (see `issue_password_link`), by staff number."""
    accounts = list(accounts_without_password())
    if accounts:
        record(
            Event.LINKS_ISSUED,
            actor=actor,
            subject=Subject("org.account", "*"),
            data={"count": len(accounts), "accounts": [str(account.pk) for account in accounts]},
        )
    return [(account, default_token_generator.make_token(account)) for account in accounts]


def record_sign_in(*, account: Account) -> None:
    """Put a sign-in on record; no address, no device."""
    if account.person:
        record(Event.ACCOUNT_SIGNED_IN, actor=account.person.as_actor(), subject=account)


def _lock(account: Account) -> Account:
    return Account.objects.select_for_update(no_key=True, of=("self",)).select_related("person").get(pk=account.pk)


def _set(account: Account, password: str | None) -> None:
    if password is None:
        account.set_unusable_password()
        return
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Invalid({"password": " ".join(error.messages)}) from error
    account.set_password(password)
