"""Key accounts to try things on: a customer with two contacts, looked after by the cast's owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from postroad.accounts import actions
from postroad.accounts.actions import Agreed
from postroad.accounts.models import KeyAccount, Medium
from postroad.clock.models import Calendar
from postroad.clock.tests.factories import make_calendar
from postroad.conversations.models import Delivery, DeliveryState, Message
from postroad.org.actions import create_contact, create_organisation
from postroad.org.models import Contact, Organisation
from postroad.org.tests.cast import Company
from postroad.platform.actors import Actor

TEST = Actor.system("test")
# A Monday, 10:00 in Shanghai.
MONDAY = datetime(2026, 5, 18, 2, 0, tzinfo=UTC)
WEEKLY, FORTNIGHTLY, MONTHLY = Agreed(1, "weeks"), Agreed(2, "weeks"), Agreed(1, "months")
USUAL = {Medium.PHONE: FORTNIGHTLY, Medium.MAIL: WEEKLY, Medium.MEETING: MONTHLY}


def make_customer(name: str = "蓝海食品", *, mail: str = "majun@lanhai.example", phone: str = "") -> Contact:
    organisation = Organisation.objects.filter(name=name).first() or create_organisation(name=name, actor=TEST)
    return create_contact(
        name="马骏", basis="contract", purpose="orders", actor=TEST, organisation=organisation, mail=mail, phone=phone
    )


def make_account(company: Company, *, contact: Contact | None = None, **values: Any) -> KeyAccount:
    """A key account of the cast's owner, the head of sales as deputy."""
    if not Calendar.objects.filter(key="company").exists():
        make_calendar("company")
    organisation = (contact or make_customer()).organisation
    assert organisation
    usual = {"manager": company.owner, "deputy": company.department_head, "rhythms": USUAL, "actor": TEST}
    return actions.open_account(organisation=organisation, **(usual | values))


def sent(message: Message) -> None:
    """What somebody of ours wrote went out."""
    Delivery.objects.filter(message=message).update(state=DeliveryState.SENT, finished_at=message.received_at)
    actions.delivered(list(Delivery.objects.filter(message=message)))
