"""Run inside an installation (`python -m tests.browser.direct_stage …`): a customer in a simulated messenger.

`write TEXT`: they write to the company; the channel is there from the first time on. `got`: prints what they got, one
answer a line. `leave`: they leave the chat.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from postroad.platform.bootstrap import use_django

PLACE, SERVICE, CUSTOMER = "direct-stage", "sales", "wx-liu"


def play(what: str, text: str = "") -> None:
    use_django()
    from postroad.connectors.simulated import life

    _channel()
    place = life.place_called(PLACE)
    chat = life.begin_chat(place, service_id=SERVICE, user_id=CUSTOMER, name="Liu Yang")
    if what == "write":
        life.say(chat, user_id=CUSTOMER, text=text)
    elif what == "leave":
        life.leave(chat, [CUSTOMER], by=CUSTOMER)
    else:
        for said in place.occurrences.filter(kind=life.MESSAGE, ours=True).order_by("pk"):
            sys.stdout.write(f"{said.text}\n")


def _channel() -> None:
    from postroad.channels.models import Channel, ChannelMember
    from postroad.conversations.tests.factories import make_channel
    from postroad.messengers.actions import connect_messenger
    from postroad.org.models import Account, Department
    from postroad.platform.actors import Actor

    if Channel.objects.filter(key="presales").exists():
        return
    people = {account.username: account.person for account in Account.objects.select_related("person")}
    connect_messenger(
        key="direct-im",
        name="通讯软件",
        connector="simulated",
        settings={"place": PLACE},
        secrets={},
        actor=Actor.system("stage"),
    )
    channel = make_channel(
        SimpleNamespace(owner=people["owner"], service=Department.objects.get(code="SERVICE")),
        "presales",
        name="售前咨询",
        name_en="Presales chat",
        kind="direct",
        address=SERVICE,
        connector="simulated-direct",
        connector_settings={"messenger": "direct-im"},
        first_reply_minutes=30,
        answer_hours=24,
    )
    for name in ("agent", "agent2"):
        ChannelMember.objects.create(channel=channel, person=people[name])


if __name__ == "__main__":
    play(*sys.argv[1:])
