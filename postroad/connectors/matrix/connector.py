"""Matrix as a messenger: an application service and the administration API of a Synapse homeserver."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.protocol import Health, OutgoingMessage, SendResult, Setting, SettingKind
from postroad.connectors.matrix import direct, directory, receiving, rooms, sending
from postroad.connectors.matrix.health import check
from postroad.connectors.matrix.homeserver import Homeserver, bot_id
from postroad.connectors.matrix.state import is_service
from postroad.connectors.not_offered import OnlyCallsUs, ReadAsUsual
from postroad.messengers.protocol import (
    Account,
    Callback,
    CallbackReply,
    DirectChat,
    DirectorySnapshot,
    DirectTerms,
    Feature,
    Fetched,
    RoomChange,
    RoomMessage,
    RoomSetting,
    RoomSpec,
    RoomState,
    Sight,
)

SERVER_NAME = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
LOCALPART = re.compile(r"[a-z0-9._=/+\-]+")


class Matrix(ReadAsUsual, OnlyCallsUs):
    """One instance per process, without any state of its own."""

    key: ClassVar[str] = "matrix"
    title: ClassVar[Any] = gettext_lazy("Matrix")
    directory_settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "homeserver",
            gettext_lazy("Address of the homeserver"),
            required=True,
            help_text=gettext_lazy("Where Postroad reaches Synapse, for example https://matrix.example.com."),
        ),
        Setting(
            "server_name",
            gettext_lazy("Server name"),
            required=True,
            help_text=gettext_lazy("What stands behind the colon in user names: example.com in @li:example.com."),
        ),
        Setting(
            "bot",
            gettext_lazy("User name of Postroad"),
            required=True,
            default="postroad",
            help_text=gettext_lazy("The user that is seen in the groups; it must be an administrator of the server."),
        ),
        Setting(
            "staff_no_in_user_name",
            gettext_lazy("User names are staff numbers"),
            SettingKind.SWITCH,
            default=False,
            help_text=gettext_lazy("Then people are matched by them; otherwise by mail address."),
        ),
        Setting(
            "as_token",
            gettext_lazy("Token of the application service (as_token)"),
            SettingKind.SECRET,
            required=True,
        ),
    )
    settings: ClassVar[tuple[Setting, ...]] = (
        *directory_settings,
        Setting("hs_token", gettext_lazy("Token of the homeserver (hs_token)"), SettingKind.SECRET, required=True),
    )
    sight: ClassVar[Sight] = Sight.ALL_ROOMS
    features: ClassVar[frozenset[Feature]] = frozenset(Feature) - {Feature.LISTEN}
    room_settings: ClassVar[frozenset[RoomSetting]] = frozenset(RoomSetting)
    direct_terms: ClassVar[DirectTerms] = DirectTerms()
    service_hint: ClassVar[Any] = gettext_lazy(
        "The address above is a user that Postroad makes: the user name of Postroad, an underscore and a word, for "
        "example @postroad_sales:example.com."
    )
    longest_name: ClassVar[int] = 255
    # Matrix sets none; this is what is sensible to bring in one by one.
    largest_room: ClassVar[int] = 50_000

    def validate(self, account: Account) -> dict[str, Any]:
        problems: dict[str, Any] = {}
        if problem := _address_problem(str(account.settings.get("homeserver", ""))):
            problems["homeserver"] = problem
        if not SERVER_NAME.fullmatch(str(account.settings.get("server_name", ""))):
            problems["server_name"] = _("Enter the server name, for example example.com.")
        if not LOCALPART.fullmatch(str(account.settings.get("bot", ""))):
            problems["bot"] = _("Enter the user name without @ and server, for example postroad.")
        for name in ("as_token", "hs_token"):
            if not account.secrets.get(name):
                problems[name] = _("Enter the token from the registration file.")
        return problems

    def check(self, account: Account) -> Health:
        return check(Homeserver(account))

    def read_directory(self, account: Account) -> DirectorySnapshot:
        return directory.read_directory(Homeserver(account))

    def rooms(self, account: Account, *, known: Iterable[str]) -> Iterator[RoomState]:
        del known  # the homeserver lists them all
        return rooms.read_rooms(Homeserver(account))

    def read_room(self, account: Account, room_id: str) -> RoomState:
        return rooms.read_room(Homeserver(account), room_id)

    def make_room(self, account: Account, spec: RoomSpec) -> str:
        return rooms.make_room(Homeserver(account), spec)

    def change_room(self, account: Account, room_id: str, change: RoomChange) -> None:
        rooms.change_room(Homeserver(account), room_id, change)

    def close_room(self, account: Account, room_id: str) -> None:
        rooms.close_room(Homeserver(account), room_id)

    def send(self, account: Account, room_id: str, message: OutgoingMessage) -> SendResult:
        return sending.send(Homeserver(account), room_id, message)

    def redact(self, account: Account, room_id: str, external_id: str, *, reason: str) -> None:
        sending.redact(Homeserver(account), room_id, external_id, reason=reason)

    def history(self, account: Account, room_id: str, *, since: datetime | None) -> Iterator[RoomMessage]:
        return receiving.read_history(Homeserver(account), room_id, since=since)

    def service_problem(self, account: Account, service_id: str) -> str:
        bot = bot_id(account)
        if is_service(service_id, bot) and LOCALPART.fullmatch(service_id.partition(":")[0].removeprefix("@")):
            return ""
        return _("Enter a user name like %(example)s.") % {"example": bot.replace(":", "_sales:", 1)}

    def open_service(self, account: Account, service_id: str, *, name: str) -> None:
        direct.open_service(Homeserver(account), service_id, name=name)

    def fetch(self, account: Account, service_id: str, *, token: str, cursor: str) -> Fetched:
        del cursor  # the homeserver keeps what we have not taken
        return direct.enter(Homeserver(account), service_id, invited=token)

    def send_direct(self, account: Account, chat: DirectChat, message: OutgoingMessage) -> SendResult:
        return direct.send(Homeserver(account), chat, message)

    def read_callback(self, account: Account, callback: Callback) -> CallbackReply:
        return receiving.read_callback(account, callback)


def _address_problem(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        return _("Enter an address that begins with https://.")
    if parts.scheme == "http" and not _is_inside(parts.hostname):
        return _("The token opens the whole server: it is sent over the internet only encrypted (https).")
    return ""


def _is_inside(host: str) -> bool:
    """This machine, or one in the same private network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
