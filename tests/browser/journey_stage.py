"""Run inside an installation (`python -m tests.browser.journey_stage SMTP_PORT`): a hotline that leads on to the chat.

A customer with a known number and address; who reaches nobody is offered the chat at once. Prints the secret with which
the telephone system signs.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from postroad.platform.bootstrap import use_django
from tests.browser import chat_stage


def make(smtp_port: int) -> str:
    use_django()
    from postroad.channels.models import Channel
    from postroad.desk.actions import change_tier_rule
    from postroad.hotline import actions
    from postroad.hotline.tests.factories import TEST, make_hotline
    from postroad.org.actions import create_contact
    from postroad.org.models import Account, Department

    chat = Channel.objects.get(key=chat_stage.make(smtp_port, "https://www.company.test"))
    people = {account.username: account.person for account in Account.objects.select_related("person")}
    company = SimpleNamespace(
        owner=people["owner"],
        agent=people["agent"],
        agent2=people["agent2"],
        service=Department.objects.get(code="SERVICE"),
    )
    hotline = make_hotline(company, "journey-line", name="服务热线", name_en="Service hotline")
    mailbox = Channel.objects.get(key="chat-mail")
    for channel, offers, minutes in ((hotline, chat, 0), (chat, mailbox, 1)):
        change_tier_rule(channel=channel, enabled=True, minutes=minutes, offers=offers, person=people["desk_lead"])
    create_contact(
        name="Li Wen",
        basis="contract",
        purpose="service",
        actor=TEST,
        phone="13900139000",
        mail="li.wen@customer.example",
    )
    return actions.change_secret(channel=hotline, at_once=False, actor=TEST)


if __name__ == "__main__":
    print(make(int(sys.argv[1])))  # noqa: T201 - the caller reads it
