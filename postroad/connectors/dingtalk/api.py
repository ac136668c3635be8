"""DingTalk's two web APIs as one app may use them, the new one and the old one (open.dingtalk.com, "server API")."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from django.utils.translation import gettext_noop

from postroad.connectors.web_api import (
    BROKEN,
    MOST_TRIES,
    NOT_JSON,
    Answer,
    Limit,
    Token,
    Tokens,
    Unanswered,
    as_json,
    exchange,
    pause,
)
from postroad.messengers.protocol import USUALLY, Account, MessengerFault, NoSuchRoom
from postroad.platform.rates import Rate

log = logging.getLogger(__name__)

VENDOR_URL = "https://api.dingtalk.com"
OLD_VENDOR_URL = "https://oapi.dingtalk.com"
VENDOR_ZONE = ZoneInfo("Asia/Shanghai")
SECOND, MONTH = timedelta(seconds=1), timedelta(days=30)
JSON = {"Content-Type": "application/json; charset=utf-8"}

# Each allowance is chosen so that its burst and its flow together stay within the vendor's windows.
USUAL = Limit(Rate(calls=10, period=SECOND, burst=9), SECOND)  # 20 a second for one app and interface
ADDRESS = Limit(Rate(calls=4_500, period=20 * SECOND, burst=4_500), timedelta(minutes=5))  # 10,000 in 20 s for one IP
CALLS_PER_MONTH = 5_000  # of a standard organisation, contacts and tokens not counted
UNCOUNTED = ("topapi/v2/user/", "topapi/v2/department/", "topapi/user/", "v1.0/oauth2/")

STALE_TOKEN = frozenset({"InvalidAuthentication", "40014", "42001"})
TOO_OFTEN = frozenset(
    {
        "90018",
        "90002",
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
        "Forbidden.AccessDenied.QpsLimitForApi",
        "send.too.fast",
        "send.byToken.tooFast",
        "too.many.group",
        "too.many.people",
    }
)
MONTH_IS_SPENT = frozenset({"90020", "Forbidden.AccessDenied.ApiCountLimitForOrg"})
BLOCKED = 1111
BUSY = frozenset({"-1", "system.error", "systemError", "group.creating", "group.notReady"})
NO_SUCH_ROOM = frozenset(
    {
        "34001",
        "chat.notExist",
        "group.nonexist",
        "group.disbanded",
        "groupDisbang",
        "group.diaband",
        "groupPermissionDenied",
        "coolAppUninstalled",
        "cidEncryptError",
        "invalidOpenConversationId",
        "group.org.checkFailed",
        "conversation.org.notMatch",
    }
)
WRONG_SECRET = gettext_noop("The Client ID or Client Secret is wrong.")
NOT_ALLOWED = gettext_noop("The app lacks a permission; grant it in the developer console.")
# Set right by the operator, without anything being asked differently.
REASONS = {
    "invalidClientIdOrSecret": WRONG_SECRET,
    "40089": WRONG_SECRET,
    "60011": NOT_ALLOWED,
    "apiPermissionDenied": NOT_ALLOWED,
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": NOT_ALLOWED,
    "60020": gettext_noop("The address of this server is not among the app's trusted IPs."),
    "50004": gettext_noop("The app's contact scope must be the whole company."),
    "groupTemplatePermissionDenied": gettext_noop("The group template does not belong to this app."),
    "resource.not.found": gettext_noop("The robot code is wrong, or the robot is not in the group."),
    "bot.stopped": gettext_noop("The robot is switched off."),
    "bot.forbidden.sendMessage": gettext_noop("The robot is muted in the group."),
}
OUT_OF_DIRECTORY = gettext_noop("Somebody named is not in the directory.")
REFUSALS = {
    "33012": OUT_OF_DIRECTORY,
    "60121": OUT_OF_DIRECTORY,
    "60111": OUT_OF_DIRECTORY,
    "50002": gettext_noop("Somebody concerned is outside the app's visible range."),
    "permession.checkFailed": gettext_noop("The owner must be within the app's visible range."),
    "49009": gettext_noop("People from outside cannot be in an internal group."),
}
REFUSED = gettext_noop("The messenger refused.")
GONE = gettext_noop("The group does not exist, or another app made it.")

_tokens = Tokens()


@dataclass(frozen=True, slots=True)
class Api:
    base_url: str
    old_base_url: str
    app_key: str
    app_secret: str = field(repr=False)
    calls_per_month: int = CALLS_PER_MONTH
    by_the_clock: bool = False

    @classmethod
    def of(cls, account: Account) -> "Api":
        settings = account.settings
        return cls(
            base_url=str(settings.get("base_url") or VENDOR_URL).rstrip("/"),
            old_base_url=str(settings.get("old_base_url") or OLD_VENDOR_URL).rstrip("/"),
            app_key=str(settings.get("app_key", "")),
            app_secret=account.secrets.get("app_secret", ""),
            calls_per_month=int(settings.get("calls_per_month", CALLS_PER_MONTH) or 0),
        )

    def sparing(self) -> "Api":
        """For what is done by the clock: it leaves half of the month's calls to messages and changes."""
        return replace(self, by_the_clock=True)

    def between_rounds(self, *, calls: int) -> timedelta:
        """How far apart rounds of so many calls by the clock have to be for half of the month's calls to suffice."""
        if not self.calls_per_month:
            return USUALLY
        return max(USUALLY, MONTH * calls / max(self.calls_per_month // 2, 1))

    def post(self, path: str, body: Mapping[str, Any], *, repeatable: bool = True) -> dict[str, Any]:
        """The new API's answer. `repeatable`: doing it twice is doing it once. Raises `MessengerFault`, `NoSuchRoom`,
        and `Unanswered` when it is not known whether it was done.
        """
        return self._call("POST", path, old=False, content=as_json(body), headers=JSON, repeatable=repeatable)

    def old_post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The old API's answer, for calls that can be repeated."""
        return self._call("POST", path, old=True, content=as_json(body), headers=JSON, repeatable=True)

    def old_get(self, path: str, **params: str) -> dict[str, Any]:
        return self._call("GET", path, old=True, params=params, repeatable=True)

    def upload(self, name: str, content: bytes) -> str:
        """The media id of a file."""
        answer = self._call(
            "POST", "media/upload", old=True, params={"type": "file"}, files={"media": (name, content)}, repeatable=True
        )
        return str(answer["media_id"])

    def open_stream(self, subscriptions: list[dict[str, str]]) -> tuple[str, str]:
        """Where to listen, and the ticket for one connection."""
        body = {"clientId": self.app_key, "clientSecret": self.app_secret, "subscriptions": subscriptions}
        url = f"{self.base_url}/v1.0/gateway/connections/open"
        answer = _read(
            exchange("POST", url, content=as_json({**body, "ua": "postroad"}), headers=JSON, repeatable=True)
        )
        return str(answer.get("endpoint", "")), str(answer.get("ticket", ""))

    def _call(
        self,
        method: str,
        path: str,
        *,
        old: bool,
        repeatable: bool,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        renewed = False
        for attempt in range(MOST_TRIES):
            last = attempt == MOST_TRIES - 1
            self._take_turns(path)
            token = _tokens.get(self._owner, self._fetch_token)
            try:
                return _read(
                    self._exchange(
                        method, path, token, old=old, headers=headers or {}, repeatable=repeatable, **options
                    )
                )
            except MessengerFault as fault:
                code = fault.code.removeprefix("DingTalk ")
                if code in STALE_TOKEN and not renewed:
                    renewed = True
                    _tokens.drop(self._owner, token)
                elif code in TOO_OFTEN and not last:
                    USUAL.stay_away(self._allowance(path), code=fault.code, until=SECOND * 2**attempt)
                elif code in BUSY and not repeatable:
                    raise Unanswered(fault.reason, code=fault.code) from None
                elif code in BUSY and not last:
                    pause(attempt)
                else:
                    raise self._told(path, fault, code) from None
        raise AssertionError

    def _exchange(
        self, method: str, path: str, token: str, *, old: bool, headers: Mapping[str, str], **options: Any
    ) -> Answer:
        if old:
            params = {**options.pop("params", {}), "access_token": token}
            return exchange(method, f"{self.old_base_url}/{path}", params=params, headers=dict(headers), **options)
        named = {**headers, "x-acs-dingtalk-access-token": token}
        return exchange(method, f"{self.base_url}/{path}", headers=named, **options)

    # --- how often ---

    def _take_turns(self, path: str) -> None:
        ADDRESS.take_turn(self._allowance("address"))
        if self.calls_per_month and not path.startswith(UNCOUNTED):
            if self.by_the_clock:
                _within_a_month(self.calls_per_month // 2).take_turn(self._allowance("month by the clock"))
            _within_a_month(self.calls_per_month).take_turn(self._allowance("month"))
        USUAL.take_turn(self._allowance(path))

    def _told(self, path: str, fault: MessengerFault, code: str) -> MessengerFault:
        """The fault to raise; when it was too much, nobody asks before its time is over."""
        if code in TOO_OFTEN:
            return USUAL.stay_away(self._allowance(path), code=fault.code, until=SECOND * 2**MOST_TRIES)
        if code == str(BLOCKED):
            return ADDRESS.stay_away(self._allowance("address"), code=fault.code, until=ADDRESS.penalty)
        if code in MONTH_IS_SPENT:
            month = _within_a_month(self.calls_per_month or CALLS_PER_MONTH)
            return month.stay_away(self._allowance("month"), code=fault.code, until=_rest_of_month())
        return fault

    def _allowance(self, name: str) -> str:
        """All apps share this server's address; everything else counts for one app."""
        return f"dingtalk:{self.base_url}:address" if name == "address" else f"dingtalk:{self.app_key}:{name}"

    # --- token ---

    @property
    def _owner(self) -> tuple[str, str, str]:
        return (self.base_url, self.app_key, self.app_secret)

    def _fetch_token(self) -> Token:
        body = {"appKey": self.app_key, "appSecret": self.app_secret}
        url = f"{self.base_url}/v1.0/oauth2/accessToken"
        answer = _read(exchange("POST", url, content=as_json(body), headers=JSON, repeatable=True))
        return Token.for_seconds(str(answer.get("accessToken", "")), float(answer.get("expireIn", 0)))


def _read(answer: Answer) -> dict[str, Any]:
    """The body of a call that went well. Raises `MessengerFault` for all others."""
    body = answer.body
    if body is None:
        blocked = answer.status < httpx.codes.INTERNAL_SERVER_ERROR
        body = {"status": BLOCKED} if blocked else {}
    if body.get("status") == BLOCKED:
        raise MessengerFault(NOT_JSON, code=f"DingTalk {BLOCKED}")
    code = body.get("sub_code") or body.get("errcode") or body.get("code")
    if answer.status == httpx.codes.OK and not code:
        return body
    if not code:
        raise Unanswered(BROKEN, code=f"HTTP {answer.status}")
    # The vendor's words help the operator and may change; they hold no secret.
    log.warning("DingTalk answers %s: %s", code, str(body.get("message") or body.get("errmsg", ""))[:300])
    raise fault_of(str(code))


def _within_a_month(calls: int) -> Limit:
    """Half at once, half over the month: never more than the whole in any month."""
    half = max(calls // 2, 1)
    return Limit(Rate(calls=half, period=MONTH, burst=half), MONTH)


def _rest_of_month() -> timedelta:
    now = datetime.now(tz=VENDOR_ZONE)
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1) - now


def fault_of(code: str) -> MessengerFault:
    """What an error code means to us. What the operator can set right is not permanent."""
    named = f"DingTalk {code}"
    if code in NO_SUCH_ROOM:
        return NoSuchRoom(GONE, code=named)
    if code in REASONS:
        return MessengerFault(REASONS[code], code=named)
    passing = code in BUSY | STALE_TOKEN | TOO_OFTEN | MONTH_IS_SPENT
    return MessengerFault(BROKEN if passing else REFUSALS.get(code, REFUSED), code=named, permanent=not passing)
