"""How much a visitor, and one network address, may ask of us; and what a body may weigh."""

from __future__ import annotations

import math
from datetime import timedelta

from django.conf import settings

from postroad.livechat.turnstile import Turnstile
from postroad.platform.crypto import digest
from postroad.platform.rates import Rate, reserve

MINUTE = timedelta(minutes=1)
PREFIX = "livechat:"

# Of one visitor.
MESSAGES = Rate(calls=30, period=MINUTE, burst=12)
SIGNS = Rate(calls=90, period=MINUTE, burst=30)
LINKS = Rate(calls=6, period=MINUTE)
STREAMS = Rate(calls=30, period=MINUTE, burst=15)
STREAMS_OF_VISITOR = 5

# Of one network address: how often a site with the chat on it is opened there. Many people may sit behind one.
SETUPS = Rate(calls=1200, period=MINUTE)

# Of one network address: what may be read while a first question is written.
HELPS = Rate(calls=240, period=MINUTE, burst=60)

LONGEST_TEXT = 8000
MOST_MESSAGES = 2000
MOST_FILES = 5
LARGEST_FILE = settings.CHAT_FILE_LIMIT_BYTES
# Everything a visitor posts: the files and a little for the rest.
LARGEST_BODY = LARGEST_FILE + 256 * 1024


_turnstiles: dict[Rate, Turnstile] = {}


class TooMany(Exception):  # noqa: N818 - reads as the sentence it raises
    """Come back after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many; again in {seconds} s")
        self.seconds = seconds


def of_address() -> Rate:
    """What one network address may post; many visitors may sit behind one."""
    return Rate(calls=settings.CHAT_POSTS_PER_ADDRESS, period=MINUTE)


def starts_of_address() -> Rate:
    return Rate(calls=max(1, settings.CHAT_POSTS_PER_ADDRESS // 6), period=MINUTE)


def spend(name: str, rate: Rate) -> None:
    """Count one call, in this process alone: what comes often must not cost a write each. Raises TooMany."""
    turnstile = _turnstiles.setdefault(rate, Turnstile(rate))
    if seconds := turnstile.wait(name):
        raise TooMany(seconds)


def spend_everywhere(name: str, rate: Rate) -> None:
    """Count one call for all processes together, in the database. Raises TooMany. Not inside a transaction."""
    turn = reserve(f"{PREFIX}{name}", rate)
    if not turn.granted:
        raise TooMany(math.ceil(turn.wait.total_seconds()) or 1)


def name_of_address(address: str) -> str:
    """An address as it is counted: nobody reads from the database who was here."""
    return "address:" + digest(address, context="livechat.address").hex()[:32]
