"""Mails taken in per second, end to end: parsed, stored, threaded, indexed, a case with two running promises, evidence.

The reference is what any mail archive must at least do, on the same mails, in the same run and database: parse with
`email.message_from_bytes` and keep the raw bytes durably (one COPY of all; and one commit a mail for the serial case).
PostgreSQL runs with fsync and synchronous commit. Quote the ratios: the figures are this machine's.
"""

from __future__ import annotations

import asyncio
import email
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING

from scratch import installation

if TYPE_CHECKING:
    from postroad.connectors.mail.lanes import Lanes, Outcome

MAILS = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
SERIAL_MAILS = MAILS // 5
CUSTOMERS = 400
BATCH = 50
CONNECTIONS = 64
CHINESE = "您好请问我们上个月的订单发票什么时候可以寄出另外合同的付款方式想再确认一下谢谢贵公司客服部门尽快回复为盼"
ENGLISH = [
    "hello",
    "we",
    "ordered",
    "last",
    "month",
    "and",
    "would",
    "like",
    "to",
    "know",
    "when",
    "the",
    "invoice",
    "will",
    "be",
    "sent",
    "and",
    "whether",
    "the",
    "payment",
    "terms",
    "of",
    "the",
    "contract",
    "can",
    "be",
    "confirmed",
    "please",
    "answer",
    "soon",
    "thank",
    "you",
    "regards",
    "delivery",
    "number",
    "missing",
    "account",
]


def write_mails(number: int, *, to: str, tag: str) -> list[bytes]:
    """Mails as customers write them: plain or with HTML, every tenth with a file, every fifth an answer."""
    chance = random.Random(7)
    mails: list[bytes] = []
    for index in range(number):
        customer = chance.randrange(CUSTOMERS)
        mail = EmailMessage()
        mail["From"] = f"客户{customer} <customer{customer}@company{customer % 90}.test>"
        mail["To"] = to
        mail["Date"] = "Wed, 20 May 2026 10:00:00 +0800"
        mail["Message-ID"] = f"<{tag}-{index}@company{customer % 90}.test>"
        mail["Subject"] = f"{'订单' if index % 2 else 'Order'} {index}"
        if index % 5 == 4:
            answered = chance.randrange(max(index - 500, 0), index)
            mail["In-Reply-To"] = mail["References"] = f"<{tag}-{answered}@company.test>"
        text = _prose(chance, chinese=bool(index % 2))
        mail.set_content(text)
        if index % 3 == 0:
            paragraphs = "".join(f'<p style="color:#333">{line}</p>' for line in text.splitlines())
            mail.add_alternative(
                f"<html><body><table><tr><td>{paragraphs}</td></tr></table></body></html>", subtype="html"
            )
        if index % 10 == 0:
            mail.add_attachment(chance.randbytes(20_000), maintype="application", subtype="pdf", filename="合同.pdf")
        mails.append(mail.as_bytes())
    return mails


def _prose(chance: random.Random, *, chinese: bool) -> str:
    if chinese:
        return "\n".join("".join(chance.choices(CHINESE, k=60)) for _ in range(6))
    return "\n".join(" ".join(chance.choices(ENGLISH, k=14)) for _ in range(10))


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def floor_in_bulk(mails: Sequence[bytes]) -> float:
    """Parse all, keep all with one COPY in one commit; mails per second."""
    from django.db import connection, transaction

    def work() -> None:
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy("COPY bench_raw (raw) FROM STDIN") as copy,
        ):
            for raw in mails:
                email.message_from_bytes(raw)
                copy.write_row([raw])

    return len(mails) / timed(work)


def floor_one_by_one(mails: Sequence[bytes]) -> float:
    """Parse and commit each mail on its own; mails per second."""
    from django.db import connection

    def work() -> None:
        with connection.cursor() as cursor:
            for raw in mails:
                email.message_from_bytes(raw)
                cursor.execute("INSERT INTO bench_raw (raw) VALUES (%s)", [raw])

    return len(mails) / timed(work)


def ours(mails: Sequence[bytes], endpoint: object, *, lanes: Lanes, batch: int) -> float:
    """The live path behind the listener: read and store in batches, side by side as it does; mails per second."""
    from postroad.connectors.mail.receive import Arrival
    from postroad.connectors.mail.spool import RawMail

    arrivals = [Arrival(endpoint, RawMail(raw), datetime.now(UTC)) for raw in mails]
    batches = [arrivals[start : start + batch] for start in range(0, len(arrivals), batch)]
    outcomes: list[Outcome] = []
    free = threading.Semaphore(lanes.count)

    def done(stored: list[Outcome]) -> None:
        outcomes.extend(stored)
        free.release()

    def work() -> None:
        for group in batches:
            free.acquire()
            lanes.submit(group, done)
        for _ in range(lanes.count):
            free.acquire()

    seconds = timed(work)
    assert {outcome.name for outcome in outcomes} == {"STORED"}
    assert len(outcomes) == len(mails)
    return len(mails) / seconds


def through_the_listener(mails: Sequence[bytes], address: str) -> float:
    """Mails per second over LMTP on many connections into a `postroad listen`, each answered with 250 after its commit.

    The senders run on the same machine and take their share of it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "POSTROAD_LMTP_PORT": str(port), "POSTROAD_SMTP_PORT": "0"}
    listener = subprocess.Popen([sys.executable, "-m", "postroad", "listen"], env=environment)
    try:
        asyncio.run(_wait_for(port))
        asyncio.run(_send_all(mails[:200], address, port))
        return (len(mails) - 200) / timed(lambda: asyncio.run(_send_all(mails[200:], address, port)))
    finally:
        listener.terminate()
        listener.wait(30)


async def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise TimeoutError("the listener does not listen")


async def _send_all(mails: Sequence[bytes], address: str, port: int) -> None:
    waiting = iter(mails)
    await asyncio.gather(*(_sender(waiting, address, port) for _ in range(CONNECTIONS)))


async def _sender(waiting: Iterator[bytes], address: str, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(line: bytes, *, expect: bytes) -> None:
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        assert answer.startswith(expect), answer

    await say(b"", expect=b"220")
    await say(b"LHLO bench.test\r\n", expect=b"250")
    for raw in waiting:
        await say(b"MAIL FROM:<customer@outside.test>\r\n", expect=b"250")
        await say(f"RCPT TO:<{address}>\r\n".encode(), expect=b"250")
        await say(b"DATA\r\n", expect=b"354")
        stuffed = raw.replace(b"\r\n", b"\n").replace(b"\n.", b"\n..").replace(b"\n", b"\r\n")
        await say(stuffed + b"\r\n.\r\n", expect=b"250")
    writer.close()


def main() -> None:
    with installation():
        from django.conf import settings
        from django.db import connection, connections

        from postroad.channels.actions import take_in
        from postroad.channels.queries import endpoint_of
        from postroad.connectors.mail.lanes import Lanes
        from postroad.conversations.models import HandlerFailure, Message
        from postroad.desk.models import Case
        from postroad.desk.tests.factories import make_desk
        from postroad.org.tests.cast import make_company

        channel = make_desk(make_company(), connector="mail")
        endpoint = endpoint_of(channel)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_raw (id bigint GENERATED ALWAYS AS IDENTITY, raw bytea)")
        connections.close_all()

        one_lane, lanes = Lanes(take_in, processes=1), Lanes(take_in, processes=settings.MAIL_PROCESSES)
        for number, some in enumerate((one_lane, lanes)):
            ours(write_mails(200, to=channel.address, tag=f"warm{number}"), endpoint, lanes=some, batch=BATCH // 5)
        one_by_one = write_mails(SERIAL_MAILS, to=channel.address, tag="serial")
        gathered = write_mails(MAILS, to=channel.address, tag="gathered")

        floor_serial = floor_one_by_one(one_by_one)
        serial = ours(one_by_one, endpoint, lanes=one_lane, batch=1)
        one_lane.close()
        floor_bulk = floor_in_bulk(gathered)
        bulk = ours(gathered, endpoint, lanes=lanes, batch=BATCH)
        lanes.close()

        listened = through_the_listener(write_mails(MAILS, to=channel.address, tag="lmtp"), channel.address)

        assert Message.objects.count() == 400 + SERIAL_MAILS + 2 * MAILS
        assert not HandlerFailure.objects.exists()
        print(f"mails: {MAILS:,} of {sum(map(len, gathered)) / MAILS / 1024:.1f} KB, {Case.objects.count():,} cases")
        print(f"one by one   floor {floor_serial:8,.0f}/s   ours {serial:8,.0f}/s   ratio {serial / floor_serial:.2f}")
        print(f"gathered     floor {floor_bulk:8,.0f}/s   ours {bulk:8,.0f}/s   ratio {bulk / floor_bulk:.2f}")
        print(
            f"over LMTP    {CONNECTIONS} connections           ours {listened:8,.0f}/s   ratio {listened / floor_bulk:.2f}"
        )


if __name__ == "__main__":
    main()
