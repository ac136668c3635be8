"""Pages of the connected messengers, their people and their groups."""

from postroad.messengers.views.calling import callback
from postroad.messengers.views.keeping import (
    check,
    connect,
    connection_fields,
    edit,
    read,
    resume,
    retire,
    suspend,
    take_again,
)
from postroad.messengers.views.looking import (
    messenger,
    messenger_overview,
    messengers,
    room,
    room_read,
    rooms,
    rooms_results,
)
from postroad.messengers.views.matching import match, unmatch, users, users_results

__all__ = [
    "callback",
    "check",
    "connect",
    "connection_fields",
    "edit",
    "match",
    "messenger",
    "messenger_overview",
    "messengers",
    "read",
    "resume",
    "retire",
    "room",
    "room_read",
    "rooms",
    "rooms_results",
    "suspend",
    "take_again",
    "unmatch",
    "users",
    "users_results",
]
