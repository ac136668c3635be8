"""The registration file by which a homeserver knows us as an application service."""

import json
import re
from typing import Any

from postroad.connectors.matrix.homeserver import service_id
from postroad.connectors.matrix.rooms import ALIAS_PREFIX
from postroad.messengers.protocol import Account


def registration(account: Account, *, callback_url: str) -> str:
    """The file's content: YAML, written as its subset JSON.

    We ask only for what happens in rooms that our bot or a service account of ours is in. The addresses of our rooms
    and the names of service accounts are ours alone, so that nobody can sit down on one before it is made.
    """
    server, bot = (re.escape(str(account.settings[name])) for name in ("server_name", "bot"))
    aliases = f"#{ALIAS_PREFIX}.*:{server}"
    content: dict[str, Any] = {
        "id": service_id(account.key),
        "url": callback_url.rstrip("/"),
        "as_token": account.secrets["as_token"],
        "hs_token": account.secrets["hs_token"],
        "sender_localpart": str(account.settings["bot"]),
        "rate_limited": False,
        "receive_ephemeral": False,
        "namespaces": {
            "users": [{"exclusive": True, "regex": f"@{bot}_.*:{server}"}],
            "aliases": [{"exclusive": True, "regex": aliases}],
            "rooms": [],
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
