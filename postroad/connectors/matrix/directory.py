"""Who has an account on the homeserver, read through the administration API."""

from collections.abc import Iterator, Mapping
from typing import Any

from postroad.connectors.matrix.events import localpart
from postroad.connectors.matrix.homeserver import ADMIN_V2, Homeserver
from postroad.messengers.protocol import DirectoryPerson, DirectorySnapshot

PAGE = 500


def read_directory(homeserver: Homeserver) -> DirectorySnapshot:
    """Everybody but guests and machines. A homeserver knows no departments."""
    return DirectorySnapshot(departments=(), people=tuple(_people(homeserver)))


def _people(homeserver: Homeserver) -> Iterator[DirectoryPerson]:
    query: dict[str, Any] = {"from": 0, "limit": PAGE, "guests": "false", "deactivated": "true"}
    seen = {homeserver.bot_id}
    while True:
        page = homeserver.get(ADMIN_V2, "users", query=query)
        for user in page["users"]:
            if user["name"] not in seen and not user.get("user_type"):
                seen.add(user["name"])
                # Only the single reading tells the mail address, and whether it is another service's.
                details = homeserver.get(ADMIN_V2, "users", user["name"])
                if not details.get("appservice_id"):
                    yield _person(homeserver, details)
        if page.get("next_token") is None:
            return
        query["from"] = page["next_token"]


def _person(homeserver: Homeserver, user: Mapping[str, Any]) -> DirectoryPerson:
    user_id = str(user["name"])
    mails = [one["address"] for one in user.get("threepids") or () if one["medium"] == "email"]
    numbered = homeserver.account.settings.get("staff_no_in_user_name")
    return DirectoryPerson(
        id=user_id,
        name=user.get("displayname") or localpart(user_id),
        staff_no=localpart(user_id) if numbered else "",
        mail=mails[0] if mails else "",
        active=not (user.get("deactivated") or user.get("locked") or user.get("suspended")),
    )
