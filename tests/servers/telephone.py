"""A telephone system for tests: takes real SIP calls over UDP (RFC 3261) and tells the hotline of each dialog.

`Bridge` rings one extension for every call and answers where its plan says so; the other side is sipp, a real SIP peer.
"""

import json
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from typing import Any

from postroad.hotline.signing import sign

SCENARIOS = Path(__file__).parent / "sip"
SIP_USER = re.compile(r"sip:([^@>;]+)")
MOST_SECONDS = 30


def missing() -> str:
    """Why no SIP call can be made here; "" when it can."""
    return "" if shutil.which("sipp") else "not installed: sipp (sip-tester)"


@dataclass
class Dialog:
    """One call as the bridge knows it: what was told last, and its invitation."""

    number: str
    extension: str
    direction: str
    invitation: dict[str, str]
    sequence: int = 0
    over: bool = False


@dataclass
class Bridge:
    """Rings `extension` and picks up if `answers`. Calls from a known extension are outgoing ones, always picked up.

    Every event is posted twice, as telephone systems do that are not sure; `answers_of_hotline` keeps what came back.
    """

    address: str
    secret: str
    extension: str = "6001"
    answers: bool = True
    staff: frozenset[str] = frozenset({"6001", "6002"})
    answers_of_hotline: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.dialogs: dict[str, Dialog] = {}
        self.to_tell: Queue[dict[str, Any] | None] = Queue()

    def serve(self) -> None:
        while True:
            datagram, peer = self.socket.recvfrom(65535)
            if not datagram.strip():
                return
            start, headers = parsed(datagram)
            for reply in self.handle(start.split()[0], headers):
                self.socket.sendto(reply, peer)

    def handle(self, method: str, headers: dict[str, str]) -> list[bytes]:
        dialog = self.dialogs.get(headers["call-id"])
        if method == "INVITE":
            return self.invited(headers, dialog)
        if dialog is None or method == "ACK":
            return []
        if method == "BYE":
            self.end(headers["call-id"], dialog)
            return [reply("200 OK", headers)]
        if method == "CANCEL":
            self.end(headers["call-id"], dialog)
            return [reply("200 OK", headers), reply("487 Request Terminated", dialog.invitation)]
        return [reply("405 Method Not Allowed", headers)]

    def invited(self, headers: dict[str, str], dialog: Dialog | None) -> list[bytes]:
        caller, called = user_of(headers["from"]), user_of(headers["to"])
        outgoing = caller in self.staff
        picks_up = outgoing or self.answers
        if dialog is None:
            dialog = Dialog(
                number=called if outgoing else caller,
                extension=caller if outgoing else self.extension,
                direction="out" if outgoing else "in",
                invitation=headers,
            )
            self.dialogs[headers["call-id"]] = dialog
            self.tell(headers["call-id"], dialog, "ringing")
            if picks_up:
                self.tell(headers["call-id"], dialog, "answered")
        replies = [reply("180 Ringing", headers)]
        return [*replies, reply("200 OK", headers)] if picks_up else replies

    def end(self, call_id: str, dialog: Dialog) -> None:
        if not dialog.over:
            dialog.over = True
            self.tell(call_id, dialog, "hungup")

    def tell(self, call_id: str, dialog: Dialog, kind: str) -> None:
        dialog.sequence += 1
        outside = "to" if dialog.direction == "out" else "from"
        event = {
            "id": f"{call_id}/{dialog.sequence}",
            "call": call_id,
            "type": kind,
            "at": datetime.now(tz=UTC).isoformat(),
            "sequence": dialog.sequence,
            "direction": dialog.direction,
            outside: dialog.number,
            "extension": dialog.extension,
        }
        self.to_tell.put(event)
        self.to_tell.put(event)

    def post(self) -> None:
        while (event := self.to_tell.get()) is not None:
            body, timestamp = json.dumps(event).encode(), str(int(time.time()))
            request = urllib.request.Request(self.address, data=body, method="POST")
            request.add_header("Content-Type", "application/json")
            request.add_header("X-Postroad-Timestamp", timestamp)
            request.add_header("X-Postroad-Signature", sign(self.secret.encode(), timestamp=timestamp, body=body))
            with urllib.request.urlopen(request, timeout=MOST_SECONDS) as answer:
                self.answers_of_hotline.append(json.load(answer))


@contextmanager
def running_bridge(address: str, secret: str, *, answers: bool = True) -> Iterator[Bridge]:
    """The bridge at work; when the block ends, everything has been told."""
    bridge = Bridge(address, secret, answers=answers)
    threads = [threading.Thread(target=work, daemon=True) for work in (bridge.serve, bridge.post)]
    for thread in threads:
        thread.start()
    try:
        yield bridge
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b" ", ("127.0.0.1", bridge.port))
        threads[0].join(MOST_SECONDS)
        bridge.to_tell.put(None)
        threads[1].join(MOST_SECONDS)
        bridge.socket.close()


def dial(bridge: Bridge, scenario: str, *, caller: str, called: str, calls: int = 1) -> None:
    """Make real SIP calls with sipp. Raises CalledProcessError when a dialog does not go as the scenario says."""
    command = ["sipp", f"127.0.0.1:{bridge.port}", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.1"]
    command += ["-key", "caller", caller, "-key", "called", called, "-m", str(calls), "-l", str(calls)]
    command += ["-r", str(calls), "-nostdin", "-timeout", f"{MOST_SECONDS}s", "-timeout_error"]
    subprocess.run(command, check=True, capture_output=True, timeout=MOST_SECONDS * 2, cwd="/")


def parsed(datagram: bytes) -> tuple[str, dict[str, str]]:
    """The first line of a SIP message and its headers by lower-case name."""
    start, *lines = datagram.decode().split("\r\n\r\n")[0].split("\r\n")
    return start, {name.strip().lower(): value.strip() for name, _colon, value in (one.partition(":") for one in lines)}


def reply(status: str, headers: dict[str, str]) -> bytes:
    """A response to a request, with our side's tag (RFC 3261 section 8.2.6)."""
    to = headers["to"] if "tag=" in headers["to"] else f"{headers['to']};tag=bridge"
    lines = [f"SIP/2.0 {status}", f"Via: {headers['via']}", f"From: {headers['from']}", f"To: {to}"]
    lines += [f"Call-ID: {headers['call-id']}", f"CSeq: {headers['cseq']}", "Contact: <sip:bridge@127.0.0.1>"]
    return ("\r\n".join([*lines, "Content-Length: 0"]) + "\r\n\r\n").encode()


def user_of(header: str) -> str:
    found = SIP_USER.search(header)
    assert found, header
    return found[1]
