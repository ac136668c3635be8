"""A hotline, a chat behind it and a mailbox behind that, with a rule from each to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from postroad.channels.models import Channel, ChannelMember
from postroad.clock.models import Calendar
from postroad.desk import actions
from postroad.desk.models import AgentPresence, Case
from postroad.desk.tests.factories import make_calendar, make_desk
from postroad.hotline.tests.factories import MOBILE, make_hotline
from postroad.livechat.tests.factories import make_chat
from postroad.org.actions import create_contact
from postroad.org.models import Contact
from postroad.org.tests.cast import Company
from postroad.platform.actors import Actor

ADDRESS = "liu@customer.test"


@dataclass
class Tiers:
    company: Company
    hotline: Channel
    chat: Channel
    mailbox: Channel

    def lead(self, channel: Channel, offers: Channel, **values: Any) -> None:
        given = {"enabled": True, "minutes": 0, "offers": offers} | values
        actions.change_tier_rule(channel=channel, person=self.company.desk_lead, **given)

    def attend(self) -> None:
        """Somebody is there to chat."""
        AgentPresence.objects.update_or_create(
            person=self.company.agent, defaults={"seen_at": timezone.now(), "away": False}
        )


def make_tiers(company: Company) -> Tiers:
    if not Calendar.objects.filter(key="company").exists():
        make_calendar()
    mailbox = make_desk(company, "service", address="service@company.test")
    chat = make_chat(company, mailbox=mailbox)
    for person in (company.agent, company.agent2):
        ChannelMember.objects.create(channel=chat, person=person)
    return Tiers(company, make_hotline(company), chat, mailbox)


def make_known_caller(*, mail: str = ADDRESS) -> Contact:
    return create_contact(
        name="刘洋", basis="contract", purpose="service", actor=Actor.system("test"), phone=MOBILE, mail=mail
    )


def code_in(text: str) -> str:
    """The code of the offer in a text with its link."""
    return text.partition("#postroad-offer=")[2].split()[0]


def only_case() -> Case:
    return Case.objects.get(merged_into__isnull=True)
