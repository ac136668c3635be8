"""Storing in processes of their own: what happens when one of them, or the listener, dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from postroad.channels.protocol import Cursor, Endpoint, IncomingMessage, Receipt
from postroad.connectors.mail.lanes import Lanes, Outcome
from postroad.connectors.mail.receive import Arrival
from postroad.connectors.mail.spool import RawMail

ENDPOINT = Endpoint(channel_id=uuid4(), key="service", name="Service", address="service@company.test")
PATIENCE_SECONDS = 60

LISTENER = """
import sys, time
from postroad.platform.bootstrap import use_django
use_django()
from postroad.connectors.mail.lanes import Lanes
from postroad.connectors.mail.tests.test_lanes import sink
lanes = Lanes(sink, processes=1)
print(next(iter(lanes._executor._processes)), flush=True)
time.sleep(600)
"""


def sink(batch: Sequence[IncomingMessage], *, cursors: Sequence[Cursor] = ()) -> list[Receipt]:
    """Dies in the middle of a mail that says so."""
    del cursors
    if any("kill" in message.subject for message in batch):
        os.kill(os.getpid(), signal.SIGKILL)
    return [Receipt(message.channel_id, message.external_id, None, created=True) for message in batch]


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    lanes = Lanes(sink, processes=1)
    yield lanes
    lanes.close()


def store(lanes: Lanes, subject: str) -> list[Outcome]:
    mail = RawMail(f"Subject: {subject}\r\nFrom: a@customer.test\r\n\r\nhello\r\n".encode())
    stored: list[Outcome] = []
    finished = threading.Event()

    def done(outcomes: list[Outcome]) -> None:
        stored.extend(outcomes)
        finished.set()

    lanes.submit([Arrival(ENDPOINT, mail, datetime.now(UTC))], done)
    assert finished.wait(PATIENCE_SECONDS)
    return stored


def test_the_sender_keeps_a_mail_whose_process_was_killed_and_the_next_is_stored(lanes: Lanes):
    assert store(lanes, "hello") == [Outcome.STORED]
    assert store(lanes, "kill") == [Outcome.UNAVAILABLE]
    assert store(lanes, "hello again") == [Outcome.STORED]


def test_storing_processes_do_not_outlive_a_listener_that_was_killed():
    with subprocess.Popen([sys.executable, "-c", LISTENER], stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        storing = int(listener.stdout.readline())
        assert _runs(storing)
        listener.kill()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _runs(storing) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(storing)


def _runs(pid: int) -> bool:
    """Whether the process does anything; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
