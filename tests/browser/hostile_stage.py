"""Run inside an installation (`python -m tests.browser.hostile_stage`): payloads from stdin wherever text comes from outside.

Prints, as JSON, the addresses at which the agent sees them. Each part of the corpus goes into a chat as name, question,
text, file name, page address, mail name and signed identity, into a mail as sender and subject, into calls as number and
extension, and into call records as every column.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from io import BytesIO
from types import SimpleNamespace

from postroad.platform.bootstrap import use_django


def furnish(payloads: list[str]) -> list[str]:
    use_django()
    from django.urls import reverse

    from postroad.channels.models import Channel, ChannelMember
    from postroad.hotline.models import Call
    from postroad.hotline.tests.factories import make_hotline
    from postroad.livechat.tests.factories import make_chat
    from postroad.org.models import Account, Department

    people = {account.username: account.person for account in Account.objects.select_related("person")}
    company = SimpleNamespace(
        owner=people["owner"],
        agent=people["agent"],
        agent2=people["agent2"],
        service=Department.objects.get(code="SERVICE"),
    )
    if Channel.objects.filter(key="hostile-chat").exists():
        raise SystemExit("the stage is set already")
    chat = make_chat(company, "hostile-chat", greeting=payloads[0][:300], title_en=payloads[1][:60])
    ChannelMember.objects.create(channel=chat, person=company.agent)
    hotline = make_hotline(company, "hostile-line")
    addresses = [_chat(chat, part) for part in _parts(payloads, 6)]
    _call(hotline, payloads)
    addresses += [_import(hotline, payloads, person=people["it"])]
    addresses += [call.get_absolute_url() for call in Call.objects.filter(channel=hotline).order_by("pk")[:4]]
    return [
        *addresses,
        *map(reverse, ("hotline:calls", "hotline:call_backs", "desk:cases", "web:my_work")),
        "/desk/?view=all&sort=newest",
    ]


def _parts(payloads: list[str], count: int) -> list[list[str]]:
    return [payloads[start::count] for start in range(count)]


def _chat(chat, payloads: list[str]) -> str:
    """One chat full of them; its case's address."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from postroad.desk.models import Case
    from postroad.livechat import actions
    from postroad.platform.errors import Invalid

    def at(number: int, length: int) -> str:
        return payloads[number % len(payloads)].replace("\0", "")[:length].strip() or "x"

    visit, _token = actions.start(
        channel=chat, name=at(0, 80), mail=f"hostile-{len(payloads[0])}-{hash(at(0, 80)) % 9999}@customer.example",
        agreed=True, page=at(1, 500),
    )  # fmt: skip
    # What is said first is what the case is called.
    for number, text in enumerate(payloads):
        if text.replace("\0", "").strip():
            actions.post(visit=visit, client_id=f"hostile-{number:04}", text=text.replace("\0", "")[:8000])
    for number in range(15):
        file = SimpleUploadedFile("x", b"a text\n")
        file._name = at(number, 200)  # as a browser sends it, past the checks of whoever makes one here
        with suppress(Invalid):  # a program, by its ending
            actions.post(visit=visit, client_id=f"hostile-file-{number}", text="", files=[file])
    visit.refresh_from_db()
    return Case.objects.get(links__conversation=visit.conversation).get_absolute_url()


def _call(hotline, payloads: list[str]) -> None:
    """Calls as a telephone system tells of them that hands on whatever a caller chose to be called."""
    from datetime import timedelta

    from django.utils import timezone

    from postroad.hotline import actions
    from postroad.hotline.models import CallEvent
    from postroad.hotline.reading import Faulty, read_events

    now = timezone.now()
    for number, payload in enumerate(payloads[:60]):
        told = {"call": payload[:200], "at": (now - timedelta(minutes=1)).isoformat(), "extension": payload[:40]}
        try:
            events = read_events(
                json.dumps(
                    {
                        "events": [
                            {**told, "id": f"hostile/{number}/1", "type": "ringing", "from": payload[:200]},
                            {**told, "id": f"hostile/{number}/2", "type": "hungup"},
                        ]
                    }
                ).encode(),
                now=now,
            )
        except Faulty:
            continue
        actions.take_events(channel=hotline, events=events, source=CallEvent.Source.WEBHOOK)


def _import(hotline, payloads: list[str], *, person) -> str:
    """A file whose headings, cells and name are hostile; the page that tells what is wrong with it."""
    import csv
    from io import StringIO

    from postroad.hotline import actions

    held = StringIO()
    writer = csv.writer(held)
    writer.writerow(["开始时间", "主叫号码", "分机", "结果", payloads[0][:100]])
    for payload in payloads:
        writer.writerow([payload, payload, payload, payload, payload])
    records = actions.upload_records(
        channel=hotline, file=BytesIO(held.getvalue().encode()), file_name=payloads[2][:200], person=person
    )
    return records.get_absolute_url()


if __name__ == "__main__":
    print(json.dumps(furnish(json.load(sys.stdin))))  # noqa: T201 - the caller reads it
