"""WeCom's web API as one app of one company may use it (developer.work.weixin.qq.com, "server API")."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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
    as_json,
    exchange,
    pause,
)
from postroad.messengers.protocol import Account, MessengerFault, NoSuchRoom
from postroad.platform.rates import Rate

log = logging.getLogger(__name__)

VENDOR_URL = "https://qyapi.weixin.qq.com"
VENDOR_ZONE = ZoneInfo("Asia/Shanghai")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Each allowance is chosen so that its burst and its flow together stay within the vendor's windows (document 90454).
USUAL = Limit(Rate(calls=142_500, period=HOUR, burst=7_000), MINUTE)  # 10,000 a minute and 150,000 an hour
TOKENS = Limit(Rate(calls=60, period=HOUR, burst=30), MINUTE)  # "do not ask for tokens often"
LIMITS = {
    "appchat/create": Limit(Rate(calls=200, period=DAY, burst=800), DAY),  # 1000 a day
    "appchat/update": Limit(Rate(calls=500, period=HOUR, burst=500), HOUR),  # 1000 an hour
}
GROUP_DELIVERIES = Limit(Rate(calls=140_000, period=HOUR, burst=10_000), MINUTE)  # 20,000 a minute, 150,000 an hour
DIRECT_DELIVERIES = Limit(Rate(calls=960, period=HOUR, burst=14), MINUTE)  # 30 a minute and 1000 an hour to one member

STALE_TOKEN = frozenset({40001, 40014, 42001})
BUSY = frozenset({-1, 6000, 45033})
TOO_OFTEN = 45009
EXISTS = "WeCom 86215"
TOO_FEW = "WeCom 86006"
NO_SUCH_ROOM = frozenset({40050, 86001, 86003})
# Set right by the operator or by waiting, without anything being asked differently.
REASONS = {
    40001: gettext_noop("The app's secret is wrong, or the app is switched off."),
    40013: gettext_noop("There is no company with this corp id."),
    40056: gettext_noop("The agent id is wrong."),
    40091: gettext_noop("The app's secret is wrong, or the app is switched off."),
    48002: gettext_noop("The app may not use this part of the interface."),
    50002: gettext_noop("Somebody concerned is outside the app's visible range."),
    50003: gettext_noop("The app is switched off in the admin console."),
    60011: gettext_noop("The app's visible range must be the whole company."),
    60020: gettext_noop("The address of this server is not among the app's trusted IPs."),
    301002: gettext_noop("The agent id belongs to another app than the secret."),
}
REFUSALS = {
    40003: gettext_noop("Somebody named is not in the directory."),
    60111: gettext_noop("Somebody named is not in the directory."),
    81013: gettext_noop("None of the receivers may be written to."),
    86004: gettext_noop("The messenger does not take this name for a group."),
    86005: gettext_noop("The messenger does not take this person as the group's owner."),
    86006: gettext_noop("The group would have too many or too few members."),
    86207: gettext_noop("The owner must be one of the members."),
    86216: gettext_noop("Somebody named is not in the directory."),
    95000: gettext_noop("There is no such customer service account, or the app may not use it."),
    95001: gettext_noop("The messenger allows no further message until they write again."),
    95002: gettext_noop("More than 48 hours have passed since their last message."),
    95013: gettext_noop("The session with them has ended."),
    95018: gettext_noop("A colleague has taken this chat over in WeCom itself."),
}
REFUSED = gettext_noop("The messenger refused.")
GONE = gettext_noop("The group does not exist, or another app made it.")

_tokens = Tokens()


@dataclass(frozen=True, slots=True)
class Api:
    base_url: str
    corp_id: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, account: Account) -> "Api":
        return cls(
            base_url=str(account.settings.get("base_url") or VENDOR_URL).rstrip("/"),
            corp_id=str(account.settings.get("corp_id", "")),
            secret=account.secrets.get("app_secret", ""),
        )

    def get(self, path: str, *, turn_taken: bool = False, **params: str | int) -> dict[str, Any]:
        """The answer of `/cgi-bin/<path>`. Raises `MessengerFault`, `NoSuchRoom`."""
        return self._call("GET", path, params=params, repeatable=True, turn_taken=turn_taken)

    def take_turns(self, path: str, calls: int) -> None:
        """The turns of `calls` calls in one statement; make them with `turn_taken`."""
        LIMITS.get(path, USUAL).take_turn(self.allowance(path), cost=calls)

    def post(self, path: str, body: Mapping[str, Any], *, repeatable: bool = True) -> dict[str, Any]:
        """The same with a body. `repeatable`: doing it twice is doing it once."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self._call("POST", path, content=as_json(body), headers=headers, repeatable=repeatable)

    def upload(self, kind: str, name: str, content: bytes) -> str:
        """The media id under which a file can be sent for three days."""
        answer = self._call(
            "POST", "media/upload", params={"type": kind}, files={"media": (name, content)}, repeatable=True
        )
        return str(answer["media_id"])

    def download(self, media_id: str) -> tuple[str, str, bytes]:
        """Name, content type and bytes of a file that somebody sent in the last three days. Raises `MessengerFault`."""
        found = self._call("GET", "media/get", params={"media_id": media_id}, repeatable=True)
        return found["name"], found["content_type"], found["content"]

    def allowance(self, name: str) -> str:
        """The name of an allowance of this company."""
        return f"wecom:{self.corp_id}:{name}"

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        turn_taken: bool = False,
        **options: Any,
    ) -> dict[str, Any]:
        limit, allowance = LIMITS.get(path, USUAL), self.allowance(path)
        renewed = False
        for attempt in range(MOST_TRIES):
            if attempt or not turn_taken:
                limit.take_turn(allowance)
            token = _tokens.get(self._owner, self._fetch_token)
            url = f"{self.base_url}/cgi-bin/{path}"
            answer = _read(exchange(method, url, params={**(params or {}), "access_token": token}, **options))
            code = answer["errcode"]
            if code == 0:
                return answer
            if code in STALE_TOKEN and not renewed:
                renewed = True
                _tokens.drop(self._owner, token)
            elif code == TOO_OFTEN:
                raise limit.stay_away(allowance, code=f"WeCom {code}", until=_penalty(limit))
            elif code in BUSY and attempt < MOST_TRIES - 1:
                pause(attempt)
            else:
                break
        # The vendor's words help the operator and may change; they hold no secret.
        log.warning("WeCom answers %s to %s: %s", code, path, str(answer.get("errmsg", ""))[:300])
        raise fault_of(code)

    @property
    def _owner(self) -> tuple[str, str, str]:
        return (self.base_url, self.corp_id, self.secret)

    def _fetch_token(self) -> Token:
        allowance = self.allowance("gettoken")
        TOKENS.take_turn(allowance)
        params = {"corpid": self.corp_id, "corpsecret": self.secret}
        answer = _read(exchange("GET", f"{self.base_url}/cgi-bin/gettoken", params=params, repeatable=True))
        if answer["errcode"] == TOO_OFTEN:
            raise TOKENS.stay_away(allowance, code=f"WeCom {TOO_OFTEN}", until=TOKENS.penalty)
        if answer["errcode"] != 0:
            raise fault_of(answer["errcode"])
        return Token.for_seconds(str(answer["access_token"]), float(answer["expires_in"]))


def _read(answer: Answer) -> dict[str, Any]:
    """The body, which has an error code, good or bad. Raises `MessengerFault` for anything else."""
    if answer.file is not None:
        return {"errcode": 0, **asdict(answer.file)}
    if answer.body is None or not isinstance(answer.body.get("errcode"), int):
        broken = answer.status >= httpx.codes.INTERNAL_SERVER_ERROR
        raise MessengerFault(BROKEN if broken else NOT_JSON, code=f"HTTP {answer.status}")
    return answer.body


def _penalty(limit: Limit) -> timedelta:
    """A day's limit blocks for the rest of the vendor's calendar day, any other for its window."""
    if limit.penalty < DAY:
        return limit.penalty
    now = datetime.now(tz=VENDOR_ZONE)
    return datetime.combine(now.date() + DAY, datetime.min.time(), tzinfo=VENDOR_ZONE) - now


def fault_of(code: int) -> MessengerFault:
    """What an error code means to us. What the operator can set right is not permanent."""
    named = f"WeCom {code}"
    if code in NO_SUCH_ROOM:
        return NoSuchRoom(GONE, code=named)
    if code in REASONS:
        return MessengerFault(REASONS[code], code=named)
    passing = code in BUSY or code in STALE_TOKEN
    return MessengerFault(BROKEN if passing else REFUSALS.get(code, REFUSED), code=named, permanent=not passing)
