"""DingTalk (钉钉) through an internal app: contacts, the groups that this app made, its robot, its stream of events."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.protocol import Health, OutgoingMessage, SendResult, Setting, SettingKind
from postroad.connectors.dingtalk import callbacks, contacts, rooms, sending, stream
from postroad.connectors.dingtalk.api import CALLS_PER_MONTH, OLD_VENDOR_URL, VENDOR_URL, Api
from postroad.connectors.dingtalk.group_settings import SNAKE
from postroad.connectors.not_offered import WithoutHistory
from postroad.connectors.sealed_callbacks import key_of
from postroad.connectors.web_api import is_safe_base_url
from postroad.messengers.protocol import (
    Account,
    Callback,
    CallbackReply,
    DirectorySnapshot,
    Feature,
    Inbox,
    MessengerFault,
    RoomChange,
    RoomSetting,
    RoomSpec,
    RoomState,
    Sight,
)

BY_CALLS = ("events", "http")

CONTACTS: tuple[Setting, ...] = (
    Setting(
        "app_key",
        gettext_lazy("Client ID (AppKey)"),
        required=True,
        help_text=gettext_lazy("Of an internal app whose contact scope is the whole company."),
    ),
    Setting("app_secret", gettext_lazy("Client Secret (AppSecret)"), SettingKind.SECRET, required=True),
    Setting(
        "base_url",
        gettext_lazy("Address of the new interface"),
        default=VENDOR_URL,
        help_text=gettext_lazy("Differs only where the company runs a private edition or a proxy."),
    ),
    Setting(
        "old_base_url",
        gettext_lazy("Address of the old interface"),
        default=OLD_VENDOR_URL,
        help_text=gettext_lazy("Differs only where the company runs a private edition or a proxy."),
    ),
)


class DingTalk(WithoutHistory):
    """One instance per process; keeps nothing but access tokens."""

    key: ClassVar[str] = "dingtalk"
    title: ClassVar[Any] = gettext_lazy("DingTalk")
    directory_settings: ClassVar[tuple[Setting, ...]] = CONTACTS
    settings: ClassVar[tuple[Setting, ...]] = (
        *CONTACTS,
        Setting(
            "template_id",
            gettext_lazy("Group template"),
            help_text=gettext_lazy(
                "ID of a published group template with the app's robot in it. Without it groups can neither be "
                "ended nor surely be made only once, and the robot is not in them."
            ),
        ),
        Setting(
            "robot_code",
            gettext_lazy("Robot code"),
            help_text=gettext_lazy("Only where it differs from the Client ID."),
        ),
        Setting(
            "calls_per_month",
            gettext_lazy("Calls a month"),
            SettingKind.NUMBER,
            default=CALLS_PER_MONTH,
            help_text=gettext_lazy("5000 in the standard edition of DingTalk; 0 for no limit."),
        ),
        Setting(
            "events",
            gettext_lazy("Changes come in by"),
            SettingKind.CHOICE,
            default="stream",
            choices=(
                ("stream", gettext_lazy("a stream that we open (no address of ours is needed)")),
                ("http", gettext_lazy("calls of DingTalk to our callback address")),
            ),
        ),
        Setting("callback_token", gettext_lazy("Callback token"), SettingKind.SECRET, only_if=BY_CALLS),
        Setting("encoding_aes_key", gettext_lazy("Callback aes_key"), SettingKind.SECRET, only_if=BY_CALLS),
    )
    sight: ClassVar[Sight] = Sight.OWN_ROOMS
    features: ClassVar[frozenset[Feature]] = frozenset(
        {
            Feature.REMOVE_MEMBER,
            Feature.CHANGE_OWNER,
            Feature.CLOSE_ROOM,
            Feature.REDACT,
            Feature.CALLBACKS,
            Feature.LISTEN,
        }
    )
    room_settings: ClassVar[frozenset[RoomSetting]] = frozenset(SNAKE)
    longest_name: ClassVar[int] = rooms.LONGEST_NAME
    largest_room: ClassVar[int] = rooms.LARGEST_ROOM

    def validate(self, account: Account) -> dict[str, Any]:
        settings, secrets = account.settings, account.secrets
        problems: dict[str, Any] = {}
        if not str(settings.get("app_key", "")).strip():
            problems["app_key"] = _("Enter the Client ID of the app.")
        if not secrets.get("app_secret"):
            problems["app_secret"] = _("Enter the Client Secret of the app.")
        for name, default in (("base_url", VENDOR_URL), ("old_base_url", OLD_VENDOR_URL)):
            if not is_safe_base_url(str(settings.get(name) or default)):
                problems[name] = _("Enter an address that begins with https://.")
        if not str(settings.get("calls_per_month", CALLS_PER_MONTH)).isdecimal():
            problems["calls_per_month"] = _("Enter a whole number.")
        return {**problems, **(_callback_problems(secrets) if settings.get("events") == "http" else {})}

    def check(self, account: Account) -> Health:
        started = time.monotonic()
        try:
            contacts.sees_contacts(Api.of(account))
        except MessengerFault as fault:
            return Health(ok=False, detail=fault.reason)
        return Health(ok=True, round_trip=timedelta(seconds=time.monotonic() - started))

    def read_directory(self, account: Account) -> DirectorySnapshot:
        return contacts.read_directory(Api.of(account))

    def rooms_every(self, account: Account, *, number: int) -> timedelta:
        return Api.of(account).between_rounds(calls=number * rooms.CALLS_PER_ROOM)

    def rooms(self, account: Account, *, known: Iterable[str]) -> Iterator[RoomState]:
        return rooms.read_rooms(Api.of(account), account, known)

    def read_room(self, account: Account, room_id: str) -> RoomState:
        return rooms.read_room(Api.of(account), account, room_id)

    def make_room(self, account: Account, spec: RoomSpec) -> str:
        return rooms.make_room(Api.of(account), account, spec)

    def change_room(self, account: Account, room_id: str, change: RoomChange) -> None:
        rooms.change_room(Api.of(account), account, room_id, change)

    def close_room(self, account: Account, room_id: str) -> None:
        rooms.close_room(Api.of(account), account, room_id)

    def send(self, account: Account, room_id: str, message: OutgoingMessage) -> SendResult:
        return sending.send(Api.of(account), account, room_id, message)

    def redact(self, account: Account, room_id: str, external_id: str, *, reason: str) -> None:
        """Only what we said; DingTalk takes no reason."""
        del reason
        sending.redact(Api.of(account), account, room_id, external_id)

    async def listen(self, inbox: Inbox, stop: asyncio.Event) -> None:
        await stream.follow_accounts(inbox, stop)

    def read_callback(self, account: Account, callback: Callback) -> CallbackReply:
        return callbacks.read_callback(account, callback)


def _callback_problems(secrets: Any) -> dict[str, Any]:
    problems: dict[str, Any] = {}
    token = secrets.get("callback_token", "")
    if not (3 <= len(token) <= 32 and token.isascii() and token.isalnum()):  # noqa: PLR2004 - as DingTalk has it
        problems["callback_token"] = _("The token has 3 to 32 letters and digits.")
    try:
        key_of(secrets.get("encoding_aes_key", ""))
    except ValueError:
        problems["encoding_aes_key"] = _("The key has 43 letters and digits.")
    return problems
