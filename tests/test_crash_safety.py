"""`kill -9` of anything at any moment while mail comes in: what was accepted is there, once, with one case.

Senders behave as mail servers do: what was not answered with 250 they send again, under the same Message-ID.
"""

import json
import os
import random
import signal
import smtplib
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress

import pytest

from tests.test_up import Installation

MAILS = 1_000
CONNECTIONS = 6
KILLS = 16
TARGETS = ("listen", "worker", "web", "postgres")
PATIENCE = 0.3
ADDRESS = "service@company.test"

MAKE_CHANNEL = """
from postroad.desk.tests.factories import make_desk
from postroad.org.tests.cast import make_company
make_desk(make_company(), connector="mail", first_reply_minutes=240, answer_hours=24)
"""

WHAT_IS_THERE = """
import json
from collections import Counter
from postroad.clock.models import Deadline
from postroad.conversations.models import HandlerFailure, Message
from postroad.desk.models import CaseConversation
cases = dict(CaseConversation.objects.values_list("conversation_id", "case_id"))
promises = Counter(Deadline.objects.filter(subject_type="desk.case").values_list("subject_id", "kind"))
print("FOUND " + json.dumps({
    "messages": list(Message.objects.values_list("external_id", flat=True)),
    "conversations": [str(one) for one in Message.objects.values_list("conversation_id", flat=True)],
    "cases": [str(case) for case in cases.values()],
    "cases_of_messages": len({cases[one] for one in Message.objects.values_list("conversation_id", flat=True)}),
    "promises": [[subject, kind, number] for (subject, kind), number in promises.items()],
    "unhandled": HandlerFailure.objects.filter(solved_at=None).count(),
}))
"""


class Sender(threading.Thread):
    """A mail server that hands over its share of the mails, each as often as it takes to hear 250."""

    def __init__(self, port: int, names: list[str], accepted: set[str]) -> None:
        super().__init__()
        self.port, self.names, self.accepted, self.tries = port, names, accepted, 0

    def run(self) -> None:
        connection = None
        for name in self.names:
            while name not in self.accepted:
                self.tries += 1
                try:
                    connection = connection or smtplib.LMTP("127.0.0.1", self.port, timeout=60)
                    connection.sendmail("customer@outside.test", [ADDRESS], mail(name))
                    self.accepted.add(name)
                except (smtplib.SMTPException, OSError):
                    if connection:
                        connection.close()
                    connection = None
                    time.sleep(PATIENCE)
        if connection:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()


def mail(name: str) -> bytes:
    number = int(name.partition("@")[0])
    return (
        f"From: Customer {number} <customer{number}@outside.test>\r\nTo: {ADDRESS}\r\nSubject: Question {number}\r\n"
        f"Date: Wed, 20 May 2026 10:00:00 +0800\r\nMessage-ID: <{name}>\r\n\r\nWhere is order {number}?\r\n"
    ).encode()


def process_of(installation: Installation, target: str) -> int | None:
    """The process id of one part of the installation, None while it is down."""
    if target == "postgres":
        with suppress(OSError, ValueError, IndexError):
            return int((installation.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        return None
    children = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(installation.process.pid)],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    found = [line.split()[0] for line in children.splitlines() if line.endswith(f"postroad {target}")]
    return int(found[0]) if found else None


def kill(installation: Installation, target: str) -> bool:
    number = process_of(installation, target)
    if number is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)
        return True
    return False


def kill_at_random(installation: Installation, accepted: set[str], senders: list[Sender]) -> Counter[str]:
    """Each part some times, spread over the whole delivery, each time at a random moment."""
    killed: Counter[str] = Counter()
    for step in range(KILLS):
        while len(accepted) < MAILS * step // KILLS and any(sender.is_alive() for sender in senders):
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.3))
        target = TARGETS[step % len(TARGETS)]
        killed[target] += kill(installation, target)
    return killed


@pytest.mark.server
@pytest.mark.timeout(900)
def test_every_accepted_mail_is_there_once_with_one_case_and_its_promises(tmp_path):
    installation = Installation(tmp_path)
    installation.start()
    try:
        made = installation.run("manage", "shell", "-c", MAKE_CHANNEL)
        assert made.returncode == 0, made.stderr
        names = [f"{number}@outside.test" for number in range(MAILS)]
        accepted: set[str] = set()
        senders = [Sender(installation.lmtp, names[start::CONNECTIONS], accepted) for start in range(CONNECTIONS)]
        for sender in senders:
            sender.start()
        killed = kill_at_random(installation, accepted, senders)
        for sender in senders:
            sender.join(600)
        assert len(accepted) == MAILS
        assert all(killed[target] >= 2 for target in TARGETS), killed

        looked = installation.run("manage", "shell", "-c", WHAT_IS_THERE)
        assert "FOUND " in looked.stdout, looked.stderr
        found = json.loads(looked.stdout.rpartition("FOUND ")[2])
        assert sorted(found["messages"]) == sorted(names)
        assert len(set(found["conversations"])) == MAILS
        assert len(found["cases"]) == len(set(found["cases"])) == found["cases_of_messages"] == MAILS
        assert sorted(Counter(kind for _, kind, _ in found["promises"]).items()) == [
            ("desk.answer-24h", MAILS),
            ("desk.first-reply", MAILS),
        ]
        assert {number for _, _, number in found["promises"]} == {1}
        assert found["unhandled"] == 0
        assert sum(sender.tries for sender in senders) > MAILS, "the kills disturbed nothing"

        verified = installation.run("ledger", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
    finally:
        installation.stop()
