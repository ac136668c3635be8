"""The connectors there are."""

from collections.abc import Callable

from postroad.messengers.protocol.connector import MessengerConnector
from postroad.messengers.protocol.direct import DirectChats
from postroad.messengers.protocol.people import DirectorySource

_messengers: dict[str, MessengerConnector] = {}
_sources: dict[str, DirectorySource] = {}
_when_registered: list[Callable[[MessengerConnector], None]] = []


def register_messenger(messenger: MessengerConnector) -> None:
    """Make a messenger's connector known, also as a source of people. Called from `apps.ready()`."""
    if _messengers.setdefault(messenger.key, messenger) is not messenger:
        message = f"messenger {messenger.key!r} is registered twice"
        raise ValueError(message)
    register_directory_source(messenger)
    for listener in _when_registered:
        listener(messenger)


def register_directory_source(source: DirectorySource) -> None:
    """Make a source of people known."""
    if _sources.setdefault(source.key, source) is not source:
        message = f"directory source {source.key!r} is registered twice"
        raise ValueError(message)


def messengers() -> tuple[MessengerConnector, ...]:
    """All registered messengers, by key."""
    return tuple(_messengers[key] for key in sorted(_messengers))


def messenger_of(key: str) -> MessengerConnector:
    """The messenger registered under `key`. Raises `LookupError`."""
    try:
        return _messengers[key]
    except KeyError:
        message = f"no messenger is registered under {key!r}"
        raise LookupError(message) from None


def direct_chats_of(key: str) -> DirectChats | None:
    """The direct chats of the messenger registered under `key`, if it has any. Raises `LookupError`."""
    messenger = messenger_of(key)
    return messenger if isinstance(messenger, DirectChats) else None


def directory_sources() -> tuple[DirectorySource, ...]:
    """All registered sources of people, by key."""
    return tuple(_sources[key] for key in sorted(_sources))


def when_registered(listener: Callable[[MessengerConnector], None]) -> None:
    """Call `listener` with every messenger that is or will be registered."""
    for messenger in messengers():
        listener(messenger)
    _when_registered.append(listener)
