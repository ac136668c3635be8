"""Whether the connection to a homeserver works: they know us, we may administer, and they reach us."""

import time
from datetime import timedelta

from django.utils.translation import gettext_noop

from postroad.channels.protocol import Health
from postroad.connectors.matrix.homeserver import ADMIN, CLIENT, CLIENT_V1, Homeserver, Unreachable
from postroad.messengers.protocol import MessengerFault

# Kept in the source language and translated when shown.
ANOTHER_USER = gettext_noop("The token belongs to another user than the one named as Postroad's.")
NOT_ADMINISTRATOR = gettext_noop("Postroad's user is not an administrator of the homeserver.")
NOT_REACHED = gettext_noop("The homeserver does not reach Postroad; see the address in its registration file.")


def check(homeserver: Homeserver) -> Health:
    """Asks for each thing that must be right, the first of them first. Makes the bot's account when it has none."""
    started = time.monotonic()
    try:
        found = homeserver.get(CLIENT, "account", "whoami").get("user_id")
        if found != homeserver.bot_id:
            return Health(ok=False, detail=ANOTHER_USER)
        if problem := _not_administrator(homeserver) or _not_reached(homeserver):
            return Health(ok=False, detail=problem)
    except MessengerFault as fault:
        return Health(ok=False, detail=fault.reason)
    return Health(ok=True, round_trip=timedelta(seconds=time.monotonic() - started))


def _not_administrator(homeserver: Homeserver) -> str:
    try:
        homeserver.get(ADMIN, "rooms", query={"limit": 1})
    except MessengerFault as fault:
        if fault.code != "M_FORBIDDEN":
            raise
        _register_bot(homeserver)
        return NOT_ADMINISTRATOR
    return ""


def _register_bot(homeserver: Homeserver) -> None:
    """The bot may speak without an account, but only an account can be made administrator."""
    localpart = str(homeserver.account.settings["bot"])
    content = {"type": "m.login.application_service", "username": localpart, "inhibit_login": True}
    try:
        homeserver.post(CLIENT, "register", content=content)
    except MessengerFault as fault:
        if fault.code != "M_USER_IN_USE":
            raise


def _not_reached(homeserver: Homeserver) -> str:
    try:
        homeserver.post(CLIENT_V1, "appservice", homeserver.service_id, "ping")
    except Unreachable:
        raise
    except MessengerFault:
        return NOT_REACHED
    return ""
