"""Run inside an installation (`python -m tests.browser.wallboard_stage KIND`): a mail, a call or a chat comes in.

On channels of its own, made directly, which only this stage writes to: `wall-mail`, `wall-call`, `wall-chat`.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from postroad.platform.bootstrap import use_django


def come_in(kind: str) -> None:
    use_django()
    from django.utils import timezone

    from postroad.channels.models import Channel, ChannelMember
    from postroad.channels.models import Kind as ChannelKind
    from postroad.conversations.actions import intake
    from postroad.conversations.tests.factories import incoming, make_channel
    from postroad.hotline.tests.factories import event, take
    from postroad.livechat import actions as livechat
    from postroad.livechat.tests.factories import make_chat
    from postroad.org.models import Account, Department
    from postroad.platform.ids import new_id

    people = {account.username: account.person for account in Account.objects.select_related("person")}
    company = SimpleNamespace(owner=people["owner"], service=Department.objects.get(code="SERVICE"))
    promises = {"first_reply_minutes": 240, "answer_hours": 24}
    makers = {
        "mail": lambda key: make_channel(company, key, name="大屏邮箱", name_en="Wall mailbox", **promises),
        "call": lambda key: make_channel(
            company,
            key,
            name="大屏热线",
            name_en="Wall hotline",
            kind=ChannelKind.HOTLINE,
            connector="",
            address="",
            **promises,
        ),
        "chat": lambda key: make_chat(company, key),
    }
    for name, make in makers.items():
        if not Channel.objects.filter(key=f"wall-{name}").exists():
            channel = make(f"wall-{name}")
            ChannelMember.objects.create(channel=channel, person=people["agent"])
    if kind == "nothing":
        return
    channel, now = Channel.objects.get(key=f"wall-{kind}"), timezone.now()
    if kind == "mail":
        address = f"{new_id().hex}@customer.example"
        intake([incoming(channel, external_id=address, sender_address=address, received_at=now, sent_at=now)])
    elif kind == "call":
        take(channel, event("ringing", now, call=new_id().hex, id=new_id().hex, number="+8613700001111"))
    else:
        visit, _token = livechat.start(channel=channel, name="Visitor", mail="", agreed=True)
        livechat.post(visit=visit, client_id=new_id().hex, text="Is anybody there?")


if __name__ == "__main__":
    come_in(sys.argv[1])
