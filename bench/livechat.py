"""Many visitors connected at once to one web process, and what they and the agents say while it is restarted.

Half of the messages are visitors' own, posted to the web process as the widget posts them (and posted again under the
same id when it does not answer); half are agents' answers, written by another process as the desk writes them. A
background worker runs beside them. In the middle the web process is stopped and started again; every visitor comes back
by itself, with the position it had. The latency of an answer is from the commit until the visitor's stream has it, of a
visitor's own message from the first attempt to post it until it is back on the stream. The reference, in the same run
and with as many connections, is a bare asyncio server that writes the same number of bytes to one of them.

Quote the ratio: the figures are this machine's. `bench/livechat.py VISITORS SECONDS RATE`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

AGENTS = "--agents"
NUMBERS = [int(one) for one in sys.argv[1:] if one.isdigit()]
VISITORS, SECONDS, RATE = (NUMBERS + [500, 20, 20][len(NUMBERS) :])[:3]
CHAT = "web-chat"
ADDRESSES = 8
"""From so many addresses of this machine visitors come, so that there are ports for all of them."""

os.environ["POSTROAD_CHAT_POSTS_PER_ADDRESS"] = "1000000"

from scratch import installation  # noqa: E402 - settings are read when it is used

# --- the company -----------------------------------------------------------------------------------------------------


def open_chats() -> list[str]:
    """A live chat and its visitors, each of whom has said one thing; their tokens."""
    from datetime import timedelta

    from django.db import transaction
    from django.utils import timezone

    from postroad.channels.models import ChannelMember
    from postroad.channels.protocol import IncomingMessage, deliver
    from postroad.conversations.models import Message
    from postroad.desk import actions as desk
    from postroad.desk.tests.factories import make_calendar
    from postroad.livechat.models import Visit, VisitorKey
    from postroad.livechat.tests.factories import make_chat
    from postroad.livechat.tokens import hash_of, new_token
    from postroad.org.tests.cast import make_company

    with transaction.atomic():
        company = make_company()
        make_calendar()
        chat = make_chat(company)
        ChannelMember.objects.create(channel=chat, person=company.agent)
        desk.show_up(person=company.agent)
    now, tokens = timezone.now(), []
    for first in range(0, VISITORS, 250):
        visits = [
            Visit(channel=chat, name=f"Visitor {number}", language="en", consent_text="yes", consented_at=now,
                  started_at=now, seen_at=now)
            for number in range(first, min(first + 250, VISITORS))
        ]  # fmt: skip
        with transaction.atomic():
            receipts = deliver([
                IncomingMessage(
                    channel_id=chat.pk, external_id=f"{visit.pk.hex}/opening-0", sender_name=visit.name,
                    sender_address="", content_digest=sha256(visit.pk.bytes).hexdigest(), received_at=now, sent_at=now,
                    raw=visit.pk.bytes, subject="Hello", text="Hello", reply_text="Hello",
                )
                for visit in visits
            ])  # fmt: skip
            taken = Message.objects.in_bulk([receipt.message_id for receipt in receipts])
            for visit, receipt in zip(visits, receipts, strict=True):
                visit.conversation_id = taken[receipt.message_id].conversation_id
                visit.thread_id = f"{visit.pk.hex}/opening-0"
            Visit.objects.bulk_create(visits)
            made = [new_token() for _ in visits]
            until = now + timedelta(days=1)
            VisitorKey.objects.bulk_create(
                VisitorKey(visit=visit, token_hash=hash_of(token), expires_at=until)
                for visit, token in zip(visits, made, strict=True)
            )
        tokens += made
    return tokens


def answer_visitors() -> None:
    """Run as a process of its own: every second message of the run, told on stdout with the moment of its commit."""
    from postroad.platform.bootstrap import use_django

    use_django()
    from django.db import transaction

    from postroad.channels.protocol import Recipient, RecipientRole
    from postroad.conversations.actions import say
    from postroad.livechat.actions import agent_reads, agent_said
    from postroad.livechat.models import Visit
    from postroad.org.models import Account

    person = Account.objects.get(username="agent").person
    visits = list(Visit.objects.select_related("conversation").order_by("pk"))
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.monotonic()
    for number in range(0, RATE * SECONDS, 2):
        time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        visit = visits[number % len(visits)]
        to = [Recipient(RecipientRole.TO, visit.name, "")]
        with transaction.atomic():
            agent_reads(visit=visit)
            say(conversation=visit.conversation, actor=person.as_actor(), person=person, text=f"said {number}", to=to)
            agent_said(visit=visit)
            done = time.monotonic()
        print(json.dumps([f"said {number}", done]), flush=True)


# --- the visitors ----------------------------------------------------------------------------------------------------


@dataclass
class Heard:
    """What all visitors heard: when each message came first, and how often it was told."""

    at: dict[str, float] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    connected: int = 0
    drops: int = 0

    def hear(self, text: str) -> None:
        self.at.setdefault(text, time.monotonic())
        self.times[text] += 1


async def connect(port: int, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    own = (f"127.0.0.{2 + number % ADDRESSES}", 0)
    return await asyncio.open_connection("127.0.0.1", port, local_addr=own, limit=2**16)


async def listen(port: int, number: int, token: str, heard: Heard) -> None:
    """A visitor's page: hears its stream, and comes back with its position as the widget does."""
    position, pause = "", 1.0
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await connect(port, number)
            writer.write(
                f"GET /chat/{CHAT}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
                f"Last-Event-ID: {position}\r\n\r\n".encode()
            )
            kind, here = "", False
            try:
                while line := await reader.readline():
                    if line.startswith(b"event: "):
                        kind = line[7:].strip().decode()
                        if not here:
                            here, pause, heard.connected = True, 1.0, heard.connected + 1
                    elif line.startswith(b"id: "):
                        position = line[4:].strip().decode()
                    elif line.startswith(b"data: {") and kind == "message":
                        heard.hear(f"{number} {json.loads(line[6:])['text']}")
            finally:
                heard.connected, heard.drops = heard.connected - here, heard.drops + here
                writer.close()
        await asyncio.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 2, 10.0)


async def say(port: int, number: int, token: str, text: str) -> None:
    """Post until it is taken, under one id."""
    body = json.dumps({"id": f"client-{sha256(text.encode()).hexdigest()[:20]}", "text": text}).encode()
    request = (
        f"POST /chat/{CHAT}/messages/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode()
    while True:
        with suppress(OSError):
            reader, writer = await connect(port, number)
            try:
                writer.write(request + body)
                if (await reader.read())[9:11] == b"20":
                    return
            finally:
                writer.close()
        await asyncio.sleep(1 + random.random())


async def visitors_speak(port: int, tokens: list[str]) -> dict[str, float]:
    """Every other message of the run, each by the next visitor; when it was first tried."""
    tried: dict[str, float] = {}
    begun, posting = time.monotonic(), set()
    for number in range(1, RATE * SECONDS, 2):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        visitor, text = number % len(tokens), f"said {number}"
        tried[f"{visitor} {text}"] = time.monotonic()
        posting.add(asyncio.create_task(say(port, visitor, tokens[visitor], text)))
    await asyncio.gather(*posting)
    return tried


# --- the run ---------------------------------------------------------------------------------------------------------


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def told(name: str, values: list[float]) -> str:
    if not values:
        return f"{name:44} nothing was measured"
    parts = "   ".join(f"{label} {1000 * percentile(values, part):8.1f} ms" for label, part in
                       (("p50", 0.5), ("p99", 0.99), ("most", 1.0)))  # fmt: skip
    return f"{name:44} {parts}   ({len(values)})"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "postroad", *command])
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def used(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Seconds of processor time, and MiB in memory, of a running process."""
    parts = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def answers(port: int) -> None:
    while True:
        with suppress(OSError):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.1)


async def echo() -> list[float]:
    """The floor: as many open connections, and at the same rate the same bytes written to one of them."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=VISITORS)
    port = server.sockets[0].getsockname()[1]
    took: list[float] = []

    async def hear(number: int) -> None:
        reader, _writer = await connect(port, number)
        while line := await reader.readline():
            took.append(time.monotonic() - float(line))

    tasks = [asyncio.create_task(hear(number)) for number in range(VISITORS)]
    while len(writers) < VISITORS:  # noqa: ASYNC110 - a count, looked at now and then
        await asyncio.sleep(0.05)
    begun = time.monotonic()
    for number in range(RATE * min(SECONDS, 10)):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        writers[number % VISITORS].write(f"{time.monotonic():.9f}{' ' * 200}\n".encode())
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    server.close()
    return took


async def until_connected(heard: Heard, *, within: float) -> float:
    begun = time.monotonic()
    while heard.connected < VISITORS:
        await asyncio.sleep(0.1)
        assert time.monotonic() - begun < within, f"only {heard.connected} of {VISITORS} are connected"
    return time.monotonic() - begun


async def until_heard(heard: Heard, everything: dict[str, float], *, within: float) -> None:
    """Until every message was heard; what was not by the end of that time is lost. Then a moment for doubles."""
    begun = time.monotonic()
    while any(one not in heard.at for one in everything) and time.monotonic() - begun < within:  # noqa: ASYNC110 - looked at now and then
        await asyncio.sleep(0.5)
    await asyncio.sleep(3)


async def measure(port: int, tokens: list[str]) -> None:
    print(told("bare asyncio, as many connections", floor := await echo()))
    heard = Heard()
    agents = await asyncio.create_subprocess_exec(
        sys.executable, __file__, AGENTS, *sys.argv[1:], stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert agents.stdin is not None
    assert agents.stdout is not None
    assert (await agents.stdout.readline()).strip() == b"ready"
    with running("web") as web:
        await answers(port)
        empty = used(web)[1]
        streams = [asyncio.create_task(listen(port, *one, heard)) for one in enumerate(tokens)]
        print(f"{VISITORS} visitors connected in {await until_connected(heard, within=180):.1f} s, "
              f"{(used(web)[1] - empty) * 1024 / VISITORS:.0f} KiB each")  # fmt: skip
        busy, begun = used(web)[0], time.monotonic()
        await asyncio.sleep(20)
        print(f"nobody says anything: {100 * (used(web)[0] - busy) / (time.monotonic() - begun):.0f} % of one core")
        agents.stdin.write(b"go\n")
        speaking = asyncio.create_task(visitors_speak(port, tokens))
        busy, begun = used(web)[0], time.monotonic()
        await asyncio.sleep(SECONDS / 2)
        print(f"{RATE} messages a second: {100 * (used(web)[0] - busy) / (time.monotonic() - begun):.0f} % of one core, "
              f"{used(web)[1]:.0f} MiB; load {os.getloadavg()[0]:.1f}")  # fmt: skip
        stopped = time.monotonic()
    with running("web") as web:
        await answers(port)
        print(f"web process stopped and started again: {time.monotonic() - stopped:.1f} s")
        print(f"all back {await until_connected(heard, within=180):.1f} s later")
        back = time.monotonic()
        sent = await speaking
        committed = {}
        while line := await agents.stdout.readline():
            text, at = json.loads(line)
            committed[f"{int(text.split()[1]) % VISITORS} {text}"] = at
        await until_heard(heard, sent | committed, within=60)
        report(heard, sent, committed, floor, stopped=stopped, back=back)
        for task in streams:
            task.cancel()


def report(
    heard: Heard,
    sent: dict[str, float],
    committed: dict[str, float],
    floor: list[float],
    *,
    stopped: float,
    back: float,
) -> None:
    everything = sent | committed
    lost = [one for one in everything if one not in heard.at]
    twice = [one for one in everything if heard.times[one] > 1]
    took = max(everything.values()) - min(everything.values())
    print(f"{len(everything)} messages, {len(everything) / took:.1f} a second of {RATE} asked for, "
          f"{heard.drops} reconnections: {len(lost)} lost, {len(twice)} told twice")  # fmt: skip
    calm: list[list[float]] = []
    for name, moments in (("an answer, commit to stream", committed), ("a visitor's own, post to stream", sent)):
        in_calm = [heard.at[one] - at for one, at in moments.items() if one in heard.at and not stopped - 2 < at < back]
        around = [heard.at[one] - at for one, at in moments.items() if one in heard.at and stopped - 2 < at < back]
        print(told(name, in_calm))
        print(told(f"  the same around the restart ({back - stopped:.0f} s)", around))
        calm.append(in_calm)
    print(f"ratio of the medians, answers to bare asyncio: {percentile(calm[0], 0.5) / percentile(floor, 0.5):.0f}")


def main() -> None:
    if AGENTS in sys.argv:
        answer_visitors()
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port = free_port()
    os.environ["POSTROAD_WEB_PORT"] = str(port)
    with installation():
        begun = time.monotonic()
        tokens = open_chats()
        print(f"{VISITORS} chats begun in {time.monotonic() - begun:.1f} s")
        with running("worker"):
            asyncio.run(measure(port, tokens))


if __name__ == "__main__":
    main()
