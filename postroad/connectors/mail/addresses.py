"""Addresses of a channel: normal form, and what the part after a plus says.

`service+PR-1234@example.test` names a case, `service+bounce-<id>@example.test` the message that bounced.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from postroad.channels.protocol import SUBJECT_TOKEN, Endpoint

BOUNCE_TAG = re.compile(r"bounce-([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Tagged:
    """An address without its plus part, and what that part means."""

    address: str
    subject_token: str | None = None
    bounced_message: str | None = None


def normal(address: str) -> str:
    """Lower case, domain in ASCII; addresses that mean the same compare equal."""
    local, at, domain = address.strip().lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return f"{local}{at}{domain}"
    return f"{local}{at}{domain}"


def own_domain(endpoint: Endpoint) -> str:
    """The domain of the channel's address, in ASCII."""
    return normal(endpoint.address).rpartition("@")[2] or "localhost"


def bounce_address(endpoint: Endpoint, message_id: UUID) -> str:
    """The return path for a message: its own where the mailbox takes plus addresses, else the channel's."""
    local, _, domain = normal(endpoint.address).rpartition("@")
    return (
        f"{local}+bounce-{message_id.hex}@{domain}" if endpoint.settings.get("plus_addresses") else f"{local}@{domain}"
    )


def read_tag(address: str) -> Tagged:
    """`address` taken apart at the first plus of its local part."""
    local, at, domain = normal(address).rpartition("@")
    name, plus, tag = local.partition("+")
    if not plus or not name:
        return Tagged(f"{local}{at}{domain}")
    bounce = BOUNCE_TAG.fullmatch(tag)
    token = SUBJECT_TOKEN.fullmatch(f"[{tag[:2].upper()}{tag[2:]}]")
    return Tagged(
        f"{name}{at}{domain}",
        subject_token=token.group(1) if token else None,
        bounced_message=bounce.group(1) if bounce else None,
    )
