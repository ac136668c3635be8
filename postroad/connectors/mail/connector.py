"""Mail as a connector: in by IMAP or by the embedded LMTP/SMTP listener, out by SMTP submission."""

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.protocol import (
    Capability,
    Directory,
    Endpoint,
    Health,
    OutgoingMessage,
    SendResult,
    Setting,
    SettingKind,
    Sink,
)
from postroad.connectors.mail import send as sending
from postroad.connectors.mail.addresses import read_tag
from postroad.connectors.mail.listener import Listener, ListenOn
from postroad.connectors.mail.mailboxes import follow_mailboxes
from postroad.connectors.mail.probe import probe

HIGHEST_PORT = 65535
BY_IMAP = ("inbound", "imap")
SECURITY = (
    ("tls", gettext_lazy("TLS from the start")),
    ("starttls", gettext_lazy("STARTTLS")),
    ("plain", gettext_lazy("Not encrypted")),
)


@dataclass(frozen=True, slots=True)
class MailConnector:
    """One instance per process; `listen_on` comes from the installation's settings."""

    listen_on: ListenOn

    key: ClassVar[str] = "mail"
    title: ClassVar[Any] = gettext_lazy("Mail")
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability)
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "inbound",
            gettext_lazy("Mail comes in by"),
            SettingKind.CHOICE,
            required=True,
            default="imap",
            choices=(
                ("imap", gettext_lazy("fetching it from a mailbox (IMAP)")),
                ("listener", gettext_lazy("our listener, to which the mail server delivers (LMTP or SMTP)")),
            ),
        ),
        Setting("imap_host", gettext_lazy("IMAP server"), only_if=BY_IMAP),
        Setting("imap_port", gettext_lazy("IMAP port"), SettingKind.NUMBER, default=993, only_if=BY_IMAP),
        Setting(
            "imap_security",
            gettext_lazy("IMAP encryption"),
            SettingKind.CHOICE,
            default="tls",
            choices=SECURITY,
            only_if=BY_IMAP,
        ),
        Setting("imap_user", gettext_lazy("IMAP user"), only_if=BY_IMAP),
        Setting("imap_password", gettext_lazy("IMAP password"), SettingKind.SECRET, only_if=BY_IMAP),
        Setting("imap_folder", gettext_lazy("Mailbox folder"), default="INBOX", only_if=BY_IMAP),
        Setting(
            "imap_after",
            gettext_lazy("Mails that were taken in"),
            SettingKind.CHOICE,
            default="seen",
            choices=(
                ("seen", gettext_lazy("are marked as read")),
                ("leave", gettext_lazy("stay as they are")),
                ("move", gettext_lazy("are moved to another folder")),
            ),
            only_if=BY_IMAP,
        ),
        Setting("imap_processed_folder", gettext_lazy("Folder to move them to"), only_if=("imap_after", "move")),
        Setting("smtp_host", gettext_lazy("SMTP server"), required=True),
        Setting("smtp_port", gettext_lazy("SMTP port"), SettingKind.NUMBER, required=True, default=587),
        Setting(
            "smtp_security",
            gettext_lazy("SMTP encryption"),
            SettingKind.CHOICE,
            default="starttls",
            choices=SECURITY,
        ),
        Setting("smtp_user", gettext_lazy("SMTP user")),
        Setting("smtp_password", gettext_lazy("SMTP password"), SettingKind.SECRET),
        Setting(
            "plus_addresses",
            gettext_lazy("Takes plus addresses"),
            SettingKind.SWITCH,
            default=False,
            help_text=gettext_lazy(
                "Mail to name+anything@… arrives, too. Bounces are then matched with certainty to what caused them."
            ),
        ),
    )

    def validate_settings(self, endpoint: Endpoint) -> dict[str, Any]:
        return {**_address_problems(endpoint.address), **_server_problems(endpoint)}

    def send(self, endpoint: Endpoint, message: OutgoingMessage) -> SendResult:
        return sending.send(endpoint, message)

    async def receive(self, directory: Directory, sink: Sink, stop: asyncio.Event) -> None:
        async with Listener(self.listen_on, directory, sink):
            await follow_mailboxes(directory, sink, stop)

    def probe(self, endpoint: Endpoint, token: str) -> Health:
        return probe(endpoint, token)


def _address_problems(address: str) -> dict[str, Any]:
    try:
        validate_email(address)
    except ValidationError:
        return {"address": _("Enter the mail address of the channel, for example service@example.com.")}
    if read_tag(address).address != address.strip().lower() and "+" in address:
        return {"address": _("Leave out what follows the plus sign; such addresses reach the channel by themselves.")}
    return {}


def _server_problems(endpoint: Endpoint) -> dict[str, Any]:
    settings, problems = endpoint.settings, {}
    servers = ["smtp", *(["imap"] if settings.get("inbound") == "imap" else [])]
    for server in servers:
        if not settings.get(f"{server}_host"):
            problems[f"{server}_host"] = _("Enter the name of the server.")
        if not _is_port(settings.get(f"{server}_port")):
            problems[f"{server}_port"] = _("A port is a number from 1 to 65535.")
        if (
            settings.get(f"{server}_security") == "plain"
            and endpoint.secrets.get(f"{server}_password")
            and not _is_this_machine(str(settings.get(f"{server}_host", "")))
        ):
            problems[f"{server}_security"] = _(
                "A password is sent to another machine only over an encrypted connection."
            )
    if "imap" in servers and not settings.get("imap_user"):
        problems["imap_user"] = _("Enter the user name for the mailbox.")
    if "imap" in servers and settings.get("imap_after") == "move" and not settings.get("imap_processed_folder"):
        problems["imap_processed_folder"] = _("Name the folder to move mails to.")
    return problems


def _is_port(value: object) -> bool:
    return str(value).isascii() and str(value).isdigit() and 0 < int(str(value)) <= HIGHEST_PORT


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
