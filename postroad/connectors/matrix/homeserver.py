"""Calls to a homeserver: who we are there, how fast we may ask, and what its answers mean.

We act as the bot of our application service. It is also an administrator of the server, so one token opens the
client API and Synapse's administration API.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
from django.utils.translation import gettext_noop

from postroad.connectors.web_api import BROKEN, NOT_JSON, UNREACHABLE, Limit, client, pause
from postroad.messengers.protocol import Account, MessengerFault
from postroad.platform.network import not_in_a_transaction
from postroad.platform.rates import Rate

CLIENT = "/_matrix/client/v3"
CLIENT_V1 = "/_matrix/client/v1"
MEDIA = "/_matrix/media/v3"
ADMIN = "/_synapse/admin/v1"
ADMIN_V2 = "/_synapse/admin/v2"

# Where `user_id` says as whom an application service acts.
AS_SOMEBODY = frozenset({CLIENT, CLIENT_V1, MEDIA})

TIMEOUT = httpx.Timeout(60, connect=10)
MOST_TRIES = 3
LONGEST_WAIT = timedelta(seconds=5)
# Our own politeness: an application service may be exempt from the server's limits, but it is not alone there.
LIMIT = Limit(Rate(calls=200, period=timedelta(seconds=1)), penalty=timedelta(seconds=1))
OURS_TO_MEND = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.REQUEST_TIMEOUT})  # the same call succeeds later

# Kept in the source language and translated when shown.
TOO_LARGE = gettext_noop("The file is larger than allowed.")


class Unreachable(MessengerFault):
    """The homeserver did not answer at all."""


@dataclass(frozen=True, slots=True)
class Homeserver:
    """The homeserver of an account. Makes no connection before the first call.

    `speaking_as` is a service account of ours as whom we act in its chats; "" for the bot.
    """

    account: Account
    speaking_as: str = ""

    @property
    def url(self) -> str:
        return str(self.account.settings["homeserver"]).rstrip("/")

    @property
    def server_name(self) -> str:
        return str(self.account.settings["server_name"])

    @property
    def bot_id(self) -> str:
        return bot_id(self.account)

    @property
    def speaker(self) -> str:
        return self.speaking_as or self.bot_id

    @property
    def service_id(self) -> str:
        return service_id(self.account.key)

    def is_local(self, user_id: str) -> bool:
        return user_id.partition(":")[2] == self.server_name

    def get(self, base: str, *parts: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.call("GET", base, *parts, query=query)

    def put(self, base: str, *parts: str, content: Mapping[str, Any]) -> dict[str, Any]:
        return self.call("PUT", base, *parts, json=content)

    def post(self, base: str, *parts: str, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.call("POST", base, *parts, json=content or {})

    def call(
        self, method: str, base: str, *parts: str, query: Mapping[str, Any] | None = None, **body: Any
    ) -> dict[str, Any]:
        """The answer's JSON object. `parts` of the path are quoted here. Raises `MessengerFault`.

        What is refused for being too fast, or not answered, is tried again: every call here may be made twice.
        """
        with self._answer(method, base, parts, params=query, **body) as response:
            try:
                answer = json.loads(response.read())
            except ValueError:
                answer = None
        if not isinstance(answer, dict):
            raise MessengerFault(NOT_JSON)
        return answer

    def download(self, *parts: str, most: int) -> Iterator[bytes]:
        """The pieces of a file. Raises `MessengerFault`, also when it has more than `most` bytes."""
        with self._answer("GET", CLIENT_V1, ("media", "download", *parts), params={"timeout_ms": 20_000}) as response:
            try:
                for piece in response.iter_bytes():
                    most -= len(piece)
                    if most < 0:
                        raise MessengerFault(TOO_LARGE, code="M_TOO_LARGE", permanent=True)
                    yield piece
            except httpx.HTTPError as error:
                raise Unreachable(UNREACHABLE, code=type(error).__name__) from None

    @contextmanager
    def _answer(self, method: str, base: str, parts: tuple[str, ...], **arguments: Any) -> Iterator[httpx.Response]:
        """A good answer, not read yet."""
        not_in_a_transaction()
        path = self.url + "/".join((base, *(quote(part, safe="") for part in parts)))
        if self.speaking_as and base in AS_SOMEBODY:
            arguments["params"] = {**(arguments.get("params") or {}), "user_id": self.speaking_as}
        arguments["headers"] = {**arguments.get("headers", {}), "Authorization": f"Bearer {self._token}"}
        for attempt in range(MOST_TRIES):
            LIMIT.take_turn(self._allowance)
            try:
                response = self._send(method, path, **arguments)
            except MessengerFault as fault:
                last = attempt == MOST_TRIES - 1
                if last or fault.permanent or (fault.retry_after or timedelta()) > LONGEST_WAIT:
                    raise
                if not fault.retry_after:  # otherwise the next turn waits for it
                    pause(attempt)
                continue
            try:
                yield response
            finally:
                response.close()
            return

    def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = client().send(client().build_request(method, path, timeout=TIMEOUT, **arguments), stream=True)
            if not response.is_success:
                response.read()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(UNREACHABLE, code=type(error).__name__) from None
        if response.is_success:
            return response
        raise self._fault(response)

    def _fault(self, response: httpx.Response) -> MessengerFault:
        code, reason, retry_after = _told(response)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return LIMIT.stay_away(self._allowance, code=code, until=retry_after)
        permanent = not response.is_server_error and response.status_code not in OURS_TO_MEND
        return MessengerFault(reason, code=code, permanent=permanent)

    @property
    def _token(self) -> str:
        return self.account.secrets["as_token"]

    @property
    def _allowance(self) -> str:
        return f"matrix:{self.account.messenger_id}"


def service_id(key: str) -> str:
    """The name of our application service on the homeserver, for the messenger `key`."""
    return f"postroad-{key}"


def bot_id(account: Account) -> str:
    """The user as whom we act."""
    return f"@{account.settings['bot']}:{account.settings['server_name']}"


def _told(response: httpx.Response) -> tuple[str, str, timedelta]:
    """What a refusal says: its code, its sentence, and when to come back."""
    try:
        told = json.loads(response.content)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return f"HTTP {response.status_code}", BROKEN, LIMIT.penalty
    code = str(told.get("errcode") or f"HTTP {response.status_code}")
    reason = str(told.get("error") or BROKEN)[:300]
    wait = told.get("retry_after_ms")
    if isinstance(wait, int):
        return code, reason, timedelta(milliseconds=wait)
    after = response.headers.get("Retry-After", "")
    return code, reason, timedelta(seconds=int(after) if after.isascii() and after.isdigit() else 1)
