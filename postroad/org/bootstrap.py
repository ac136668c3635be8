"""What the command line does to people and accounts, before anybody can sign in."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from postroad.org import actions
from postroad.org.models import Account, today
from postroad.org.roles import Role
from postroad.org.sign_in import account_named
from postroad.platform.actors import Actor
from postroad.platform.errors import NotFound

COMMAND_LINE = Actor.system("command line")


@transaction.atomic
def create_administrator(*, username: str, name: str, staff_no: str, password: str | None = None) -> str:
    """A person, their account and the role; returns a link to set the password, or "" if one was given.

    Raises Invalid for a name or number that is taken, and for a weak password.
    """
    person = actions.create_person(staff_no=staff_no, name=name, joined_on=today(), actor=COMMAND_LINE)
    account = actions.open_account(person=person, username=username, password=password, actor=COMMAND_LINE)
    actions.open_post(person=person, role=Role.ADMINISTRATOR, starts_on=today(), actor=COMMAND_LINE)
    return "" if password else _link(account)


def link_for(*, username: str) -> str:
    """A one-time link for an account by user name or staff number. Raises NotFound and Conflict (closed)."""
    account = account_named(username)
    if account is None:
        raise NotFound(_("There is no account of this name."))
    return _link(account)


def _link(account: Account) -> str:
    token = actions.issue_password_link(account=account, actor=COMMAND_LINE)
    return settings.URL + reverse("org:password_set", args=[account.pk, token])
