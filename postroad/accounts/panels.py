"""What is shown of a key account beside a case, and wherever else somebody deals with a customer."""

from typing import Any

from django.http import HttpRequest

from postroad.accounts import queries
from postroad.accounts.permissions import visible_accounts
from postroad.org.models import Contact, Organisation


def customer_panel(
    request: HttpRequest, _contact: Contact | None, organisation: Organisation | None
) -> dict[str, Any] | None:
    """Who looks after the customer and how that stands; None for others than key accounts. Nine queries at most."""
    if organisation is None or not organisation.key_account:
        return None
    account = queries.account_of(organisation)
    standing = queries.standings([account])[0] if account else None
    person = request.person  # type: ignore[attr-defined]  # set by org's middleware
    sees = account is not None and visible_accounts(person).filter(pk=account.pk).exists()
    return {"standing": standing, "account_url": account.get_absolute_url() if account and sees else ""}
