"""What passes between Postroad and a messenger: people, rooms, what happens in them, and what is to change.

Plain data and one registry; nothing here touches the database. A messenger's connector imports this module,
`channels.protocol` and `platform`, and nothing else of Postroad.

Words used throughout:

*account*
    The company's own installation or tenant of a messenger, as its connector sees it: settings and secrets.
*room*
    What people call a chat group. Its id is the messenger's own and never changes.
*user id*
    A person's name in the messenger. Compared case-folded; `Account`s of one messenger share them.
*direct chat*
    What somebody outside and one of the company's *service accounts* say to each other, in a room of its own.
"""

from postroad.messengers.protocol.account import Account, MessengerFault, NoSuchRoom
from postroad.messengers.protocol.callbacks import Callback, CallbackRefused, CallbackReply
from postroad.messengers.protocol.connector import USUALLY, Feature, MessengerConnector, Sight
from postroad.messengers.protocol.direct import DirectChat, DirectChats, DirectTerms, Fetched
from postroad.messengers.protocol.happenings import (
    DirectNews,
    DirectoryEvent,
    Happening,
    Inbox,
    RoomEvent,
    RoomEventKind,
    RoomMessage,
)
from postroad.messengers.protocol.people import DirectoryDepartment, DirectoryPerson, DirectorySnapshot, DirectorySource
from postroad.messengers.protocol.registered import (
    direct_chats_of,
    directory_sources,
    messenger_of,
    messengers,
    register_directory_source,
    register_messenger,
    when_registered,
)
from postroad.messengers.protocol.rooms import RoomChange, RoomSetting, RoomSpec, RoomState, Settings

__all__ = [
    "USUALLY",
    "Account",
    "Callback",
    "CallbackRefused",
    "CallbackReply",
    "DirectChat",
    "DirectChats",
    "DirectNews",
    "DirectTerms",
    "DirectoryDepartment",
    "DirectoryEvent",
    "DirectoryPerson",
    "DirectorySnapshot",
    "DirectorySource",
    "Feature",
    "Fetched",
    "Happening",
    "Inbox",
    "MessengerConnector",
    "MessengerFault",
    "NoSuchRoom",
    "RoomChange",
    "RoomEvent",
    "RoomEventKind",
    "RoomMessage",
    "RoomSetting",
    "RoomSpec",
    "RoomState",
    "Settings",
    "Sight",
    "direct_chats_of",
    "directory_sources",
    "messenger_of",
    "messengers",
    "register_directory_source",
    "register_messenger",
    "when_registered",
]
