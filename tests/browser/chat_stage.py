"""Run inside an installation (`python -m tests.browser.chat_stage SMTP_PORT ORIGIN`): a live chat that a site may embed.

The channels are made directly: how one comes to be is another journey's matter. Prints the chat's key.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from postroad.platform.bootstrap import use_django


def make(smtp_port: int, origin: str) -> str:
    use_django()
    from postroad.channels.models import Channel, ChannelMember
    from postroad.conversations.tests.factories import make_channel
    from postroad.desk.models import CannedAnswer
    from postroad.knowledge.tests.factories import make_article
    from postroad.livechat.models import ChatSettings
    from postroad.livechat.tests.factories import make_chat
    from postroad.org.models import Account, Department

    found = Channel.objects.filter(key="web-chat").first()
    if found is not None:
        ChatSettings.objects.filter(channel=found).update(allowed_origins=[origin])
        return found.key
    people = {account.username: account.person for account in Account.objects.select_related("person")}
    company = SimpleNamespace(owner=people["owner"], service=Department.objects.get(code="SERVICE"))
    settings = {"inbound": "listener", "smtp_host": "127.0.0.1", "smtp_port": smtp_port, "smtp_security": "plain"}
    mailbox = make_channel(
        company,
        "chat-mail",
        name="在线客服邮箱",
        name_en="Chat mailbox",
        connector="mail",
        connector_settings=settings,
        address="chat@company.test",
        answer_hours=24,
    )
    chat = make_chat(company, allowed_origins=[origin], mailbox=mailbox)
    for channel in (mailbox, chat):
        for name in ("agent", "agent2"):
            ChannelMember.objects.create(channel=channel, person=people[name])
    make_article(people["agent"], public=True)
    text = "Ask for a VAT invoice on the page of your order."
    make_article(people["agent"], "How to get a VAT invoice", text=text, language="en", topic="", public=True)
    CannedAnswer.objects.create(title="Greeting", text="Good day, {agent} here.")
    return chat.key


if __name__ == "__main__":
    print(make(int(sys.argv[1]), sys.argv[2]))  # noqa: T201 - the caller reads it
