"""WeCom (企业微信) through a self-built app: contacts, the groups that this app made, and callbacks."""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.protocol import Health, OutgoingMessage, SendResult, Setting, SettingKind
from postroad.connectors.not_offered import OnlyCallsUs, ReadAsUsual, WithoutHistory, WithoutTakingBack
from postroad.connectors.sealed_callbacks import key_of
from postroad.connectors.web_api import is_safe_base_url
from postroad.connectors.wecom import callbacks, contacts, direct, rooms, sending
from postroad.connectors.wecom.api import REASONS, VENDOR_URL, Api
from postroad.messengers.protocol import (
    Account,
    Callback,
    CallbackReply,
    DirectChat,
    DirectorySnapshot,
    DirectTerms,
    Feature,
    Fetched,
    MessengerFault,
    RoomChange,
    RoomSetting,
    RoomSpec,
    RoomState,
    Sight,
)

CORP_ID = re.compile(r"w[wx][0-9a-f]{16}")
CALLBACK_TOKEN = re.compile(r"[A-Za-z0-9]{1,32}")

CONTACTS: tuple[Setting, ...] = (
    Setting(
        "corp_id",
        gettext_lazy("Corp ID"),
        required=True,
        help_text=gettext_lazy("In the admin console under My Company."),
    ),
    Setting(
        "app_secret",
        gettext_lazy("Secret of the app"),
        SettingKind.SECRET,
        required=True,
        help_text=gettext_lazy("Of the self-built app whose visible range is the whole company."),
    ),
    Setting(
        "staff_no_is_user_id",
        gettext_lazy("The user id is the staff number"),
        SettingKind.SWITCH,
        default=True,
    ),
    Setting(
        "staff_no_attribute",
        gettext_lazy("Attribute with the staff number"),
        help_text=gettext_lazy("Name of the custom contact attribute, where the user id is something else."),
    ),
    Setting(
        "base_url",
        gettext_lazy("Address of the interface"),
        default=VENDOR_URL,
        help_text=gettext_lazy("Differs only where the company runs a private edition or a proxy."),
    ),
)


class WeCom(ReadAsUsual, WithoutHistory, WithoutTakingBack, OnlyCallsUs):
    """One instance per process; keeps nothing but access tokens."""

    key: ClassVar[str] = "wecom"
    title: ClassVar[Any] = gettext_lazy("WeCom")
    directory_settings: ClassVar[tuple[Setting, ...]] = CONTACTS
    settings: ClassVar[tuple[Setting, ...]] = (
        *CONTACTS,
        Setting("agent_id", gettext_lazy("AgentId of the app"), SettingKind.NUMBER, required=True),
        Setting(
            "callback_token",
            gettext_lazy("Callback token"),
            SettingKind.SECRET,
            help_text=gettext_lazy("As under Receive messages of the app. Without it changes are seen more slowly."),
        ),
        Setting("encoding_aes_key", gettext_lazy("Callback EncodingAESKey"), SettingKind.SECRET),
    )
    sight: ClassVar[Sight] = Sight.OWN_ROOMS
    features: ClassVar[frozenset[Feature]] = frozenset(
        {Feature.REMOVE_MEMBER, Feature.CHANGE_OWNER, Feature.CLOSE_ROOM, Feature.CALLBACKS}
    )
    room_settings: ClassVar[frozenset[RoomSetting]] = frozenset()
    direct_terms: ClassVar[DirectTerms] = direct.TERMS
    service_hint: ClassVar[Any] = gettext_lazy(
        "The address above is the id of a customer service account (OpenKfId); it begins with wk."
    )
    longest_name: ClassVar[int] = rooms.LONGEST_NAME
    largest_room: ClassVar[int] = rooms.LARGEST_ROOM

    def validate(self, account: Account) -> dict[str, Any]:
        settings, secrets, problems = account.settings, account.secrets, {}
        if not CORP_ID.fullmatch(str(settings.get("corp_id", ""))):
            problems["corp_id"] = _("A corp ID begins with ww or wx and has 18 characters.")
        if not secrets.get("app_secret"):
            problems["app_secret"] = _("Enter the secret of the app.")
        if not str(settings.get("agent_id", "")).isdecimal():
            problems["agent_id"] = _("The AgentId is a number.")
        if not is_safe_base_url(str(settings.get("base_url") or VENDOR_URL)):
            problems["base_url"] = _("Enter an address that begins with https://.")
        return {**problems, **_callback_problems(secrets.get("callback_token"), secrets.get("encoding_aes_key"))}

    def check(self, account: Account) -> Health:
        started = time.monotonic()
        try:
            sees_everybody = contacts.sees_everybody(Api.of(account))
        except MessengerFault as fault:
            return Health(ok=False, detail=fault.reason)
        if not sees_everybody:
            return Health(ok=False, detail=REASONS[60011])
        return Health(ok=True, round_trip=timedelta(seconds=time.monotonic() - started))

    def read_directory(self, account: Account) -> DirectorySnapshot:
        return contacts.read_directory(Api.of(account), account)

    def rooms(self, account: Account, *, known: Iterable[str]) -> Iterator[RoomState]:
        return rooms.read_rooms(Api.of(account), known)

    def read_room(self, account: Account, room_id: str) -> RoomState:
        return rooms.read_room(Api.of(account), room_id)

    def make_room(self, account: Account, spec: RoomSpec) -> str:
        return rooms.make_room(Api.of(account), account, spec)

    def change_room(self, account: Account, room_id: str, change: RoomChange) -> None:
        rooms.change_room(Api.of(account), room_id, change)

    def close_room(self, account: Account, room_id: str) -> None:
        rooms.empty_room(Api.of(account), room_id)

    def send(self, account: Account, room_id: str, message: OutgoingMessage) -> SendResult:
        return sending.send(Api.of(account), account, room_id, message)

    def service_problem(self, account: Account, service_id: str) -> str:
        del account
        return "" if direct.OPEN_KFID.fullmatch(service_id) else _("An OpenKfId begins with wk.")

    def open_service(self, account: Account, service_id: str, *, name: str) -> None:
        del name  # customers see the name that the account has in WeCom
        direct.require_account(Api.of(account), service_id)

    def fetch(self, account: Account, service_id: str, *, token: str, cursor: str) -> Fetched:
        return direct.fetch(Api.of(account), service_id, token=token, cursor=cursor)

    def send_direct(self, account: Account, chat: DirectChat, message: OutgoingMessage) -> SendResult:
        return direct.send(Api.of(account), chat, message)

    def read_callback(self, account: Account, callback: Callback) -> CallbackReply:
        return callbacks.read_callback(account, callback)


def _callback_problems(token: str | None, key: str | None) -> dict[str, Any]:
    problems: dict[str, Any] = {}
    if not token and not key:
        return problems
    if not CALLBACK_TOKEN.fullmatch(token or ""):
        problems["callback_token"] = _("The token has up to 32 letters and digits.")
    try:
        key_of(key or "")
    except ValueError:
        problems["encoding_aes_key"] = _("The key has 43 letters and digits.")
    return problems
