"""Run inside an installation (`python -m tests.browser.desk_stage SMTP_PORT`): a question comes in at the desk.

Prints the address of its case. Given such an address, the question comes in there once more. The channel is made directly: how one comes to be is the journey's matter.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace

from postroad.platform.bootstrap import use_django


def ask(smtp_port: int, again: str = "") -> str:
    use_django()
    from django.utils import timezone

    from postroad.channels.models import Channel, ChannelMember
    from postroad.conversations.actions import intake
    from postroad.conversations.tests.factories import incoming, make_channel
    from postroad.desk import queries
    from postroad.desk.models import Case
    from postroad.org.models import Account, Department

    people = {account.username: account.person for account in Account.objects.select_related("person")}
    channel = Channel.objects.filter(key="orders").first()
    if channel is None:
        company = SimpleNamespace(owner=people["owner"], service=Department.objects.get(code="SERVICE"))
        settings = {"inbound": "listener", "smtp_host": "127.0.0.1", "smtp_port": smtp_port, "smtp_security": "plain"}
        channel = make_channel(
            company,
            "orders",
            name="订单邮箱",
            name_en="Orders",
            connector="mail",
            connector_settings=settings,
            first_reply_minutes=240,
            answer_hours=24,
        )
        for name in ("agent", "agent2"):
            ChannelMember.objects.create(channel=channel, person=people[name])
    now = timezone.now()
    question = incoming(
        channel,
        external_id=f"question-{now.timestamp()}@customer.example",
        sender_name="Frau Maier",
        sender_address="frau.maier@customer.example",
        subject="When does my order come?",
        text="Dear all,\nwhen does my order come?",
        html="<p>Dear all,<br>when does <b>my order</b> come?</p>",
        received_at=now,
        sent_at=now,
    )
    if again:
        first = queries.messages_of(Case.objects.get(number=int(again.strip("/").rpartition("/")[2]))).first()
        question = replace(question, thread_ids=(first.external_id,))
    [taken] = intake([question])
    return Case.objects.get(links__conversation=taken.conversation).get_absolute_url()


if __name__ == "__main__":
    print(ask(int(sys.argv[1]), *sys.argv[2:]))  # noqa: T201 - the caller reads it
