"""Run inside an installation (`python -m tests.browser.hotline_stage ring|miss`): what a telephone system tells.

`ring`: a known customer rings at the agent's extension; `miss`: two people reach nobody, one leaves a voicemail.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from postroad.platform.bootstrap import use_django


def tell(what: str) -> None:
    use_django()
    from django.utils import timezone

    from postroad.channels.models import Channel
    from postroad.hotline.tests.factories import SECOND, event, make_caller, make_hotline, take
    from postroad.org.models import Account, Department
    from postroad.platform.ids import new_id

    people = {account.username: account.person for account in Account.objects.select_related("person")}
    channel = Channel.objects.filter(key="hotline").first()
    if channel is None:
        company = SimpleNamespace(
            owner=people["owner"],
            agent=people["agent"],
            agent2=people["agent2"],
            service=Department.objects.get(code="SERVICE"),
        )
        channel = make_hotline(company, name="服务热线", name_en="Service hotline")
        make_caller(company)
    now, call = timezone.now() - SECOND, f"call-{new_id()}"
    if what == "ring":
        take(channel, event("ringing", now, call=call, id=f"{call}/1"))
        return
    take(
        channel,
        event("ringing", now - 120 * SECOND, call=call, id=f"{call}/1"),
        event("hungup", now - 90 * SECOND, call=call, id=f"{call}/2"),
    )
    other = f"call-{new_id()}"
    take(
        channel,
        event("ringing", now - 60 * SECOND, call=other, id=f"{other}/1", number="+862155550101"),
        event("voicemail", now - 30 * SECOND, call=other, id=f"{other}/2", seconds=17),
        event("hungup", now - 20 * SECOND, call=other, id=f"{other}/3"),
    )


if __name__ == "__main__":
    tell(sys.argv[1])
