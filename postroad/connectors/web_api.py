"""What connectors to a vendor's web API share: where it is, how often it may be asked, tokens, and what goes wrong."""

import atexit
import functools
import ipaddress
import json
import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext_noop

from postroad.messengers.protocol import MessengerFault
from postroad.platform.network import not_in_a_transaction
from postroad.platform.rates import Rate, block, reserve

TIMEOUT = httpx.Timeout(20, connect=5)
PATIENCE = timedelta(seconds=5)
MOST_TRIES = 3
FIRST_PAUSE_SECONDS = 0.5
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
# Renew a token a little before it ends, so that it does not end on the way.
TOKEN_MARGIN = timedelta(minutes=5)

# Kept in the source language and translated when shown.
UNREACHABLE = gettext_noop("The messenger cannot be reached.")
BROKEN = gettext_noop("The messenger answers with a fault.")
NOT_JSON = gettext_noop("The messenger answers with something that makes no sense; its network may be blocking us.")
OUR_TURN_IS_LATER = gettext_noop("The messenger's rate limit is reached; it goes on by itself.")

# At INFO httpx writes every address it calls, and addresses hold tokens.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def is_safe_base_url(url: str) -> bool:
    """Whether secrets may be sent there: encrypted, or to this very machine; an address and nothing else."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or parts.query or parts.fragment:
        return False
    return parts.scheme in ("https", "wss") or (parts.scheme in ("http", "ws") and is_this_machine(host))


def is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@functools.cache
def client() -> httpx.Client:
    """The connections of this process; safe in threads."""
    made = httpx.Client(timeout=TIMEOUT, follow_redirects=False)
    atexit.register(made.close)
    return made


class Unanswered(MessengerFault):
    """The request may have arrived; whether it was done is not known."""


# --- how often ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """What the vendor allows, and how long to stay away when it says that it was too much."""

    rate: Rate
    penalty: timedelta

    def take_turn(self, name: str, *, cost: int = 1) -> None:
        """Wait for our turn. Raises `MessengerFault(retry_after=…)` when it is not near."""
        turn = reserve(name, self.rate, cost=cost, patience=PATIENCE)
        if not turn.granted:
            raise MessengerFault(OUR_TURN_IS_LATER, retry_after=turn.wait)
        if turn.wait:
            time.sleep(turn.wait.total_seconds())

    def stay_away(self, name: str, *, code: str, until: timedelta) -> MessengerFault:
        """Nobody asks under `name` before `until` from now; the fault to raise."""
        block(name, self.rate, until=until)
        return MessengerFault(OUR_TURN_IS_LATER, code=code, retry_after=until)


def pause(attempt: int) -> None:
    """A growing pause with jitter before the next try; `attempt` counts from 0."""
    time.sleep(FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311 - not a secret


# --- tokens -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    value: str = field(repr=False)
    ends_at: float  # of time.monotonic()

    @classmethod
    def for_seconds(cls, value: str, seconds: float) -> "Token":
        margin = min(TOKEN_MARGIN.total_seconds(), seconds / 2)
        return cls(value, time.monotonic() + seconds - margin)


@dataclass(slots=True)
class Tokens:
    """The access tokens of this process. Only one thread at a time fetches the token of one owner."""

    _kept: dict[tuple[str, ...], Token] = field(default_factory=dict)
    _locks: defaultdict[tuple[str, ...], threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, owner: tuple[str, ...], fetch: Callable[[], Token]) -> str:
        """The token of `owner`, by `fetch` when there is none that lasts."""
        with self._lock:
            lock = self._locks[owner]
        with lock:
            token = self._kept.get(owner)
            if token is None or token.ends_at <= time.monotonic():
                token = self._kept[owner] = fetch()
            return token.value

    def drop(self, owner: tuple[str, ...], value: str) -> None:
        """`value` is refused. A token that another thread fetched meanwhile stays."""
        with self._lock:
            token = self._kept.get(owner)
            if token is not None and token.value == value:
                del self._kept[owner]


# --- one exchange -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SentFile:
    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `body`, `file` where the other side declared one, or neither when it makes no sense."""

    status: int
    body: dict[str, Any] | None
    file: SentFile | None = None


def exchange(method: str, url: str, *, repeatable: bool, **options: Any) -> Answer:
    """One request and its answer, tried again while the network or the server fails.

    What must not be done twice (`repeatable` False) is tried again only when it surely never arrived. Raises
    `MessengerFault` without a word of the address, for that may hold a token (`Unanswered` when it may have arrived),
    and RuntimeError in a transaction.
    """
    not_in_a_transaction()
    for attempt in range(MOST_TRIES):
        last = attempt == MOST_TRIES - 1
        try:
            response = client().request(method, url, timeout=TIMEOUT, **options)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if last:
                raise MessengerFault(UNREACHABLE, code=type(error).__name__) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if last or not repeatable:
                raise Unanswered(UNREACHABLE, code=type(error).__name__) from None
        else:
            if response.status_code < httpx.codes.INTERNAL_SERVER_ERROR or last or not repeatable:
                return Answer(response.status_code, _object(response), _file(response))
        pause(attempt)
    raise AssertionError


def _file(response: httpx.Response) -> SentFile | None:
    """What was sent as an attachment (RFC 6266), and is not too large."""
    disposition = EmailMessage()
    disposition["Content-Disposition"] = response.headers.get("Content-Disposition") or "inline"
    if disposition.get_content_disposition() != "attachment" or len(response.content) > LARGEST_ANSWER_BYTES:
        return None
    content_type = response.headers.get("Content-Type", "").partition(";")[0] or "application/octet-stream"
    return SentFile(disposition.get_filename() or "", content_type, response.content)


def _object(response: httpx.Response) -> dict[str, Any] | None:
    if len(response.content) > LARGEST_ANSWER_BYTES:
        return None
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def as_json(body: Any) -> bytes:
    """JSON as both vendors read it: UTF-8, without escapes, the same bytes for the same content."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
