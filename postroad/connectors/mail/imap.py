"""Mail fetched from an IMAP mailbox: followed by IDLE, resumed at the UID where the last commit stopped.

One thread per mailbox. How far it is read (UIDVALIDITY and next UID) is committed together with the mails,
so a crash at any moment neither loses a mail nor needs to guess; a mail fetched twice is stored once.
"""

import logging
import random
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from postroad.channels.protocol import (
    Cursor,
    Directory,
    Endpoint,
    EndpointState,
    Health,
    IncomingMessage,
    Sink,
    TemporarilyUnavailable,
)
from postroad.connectors.mail.compose import PROBE_HEADER
from postroad.connectors.mail.receive import Arrival, moment, read
from postroad.connectors.mail.spool import IN_MEMORY_BYTES, RawMail

log = logging.getLogger(__name__)

CONNECT_SECONDS = 30
RENEW_IDLE_SECONDS = 60
POLL_SECONDS = 15
STOP_CHECK_SECONDS = 1
RETRY_STUCK_SECONDS = 15 * 60
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
# Some servers tell of mail with every answer, whether there is any or not.
MOST_LOOKS = 5
MAILS_PER_BATCH = 50
BYTES_PER_BATCH = 8 * 1024 * 1024
MOST_STUCK = 200
# Kept in the source language and translated when shown.
STUCK = gettext_noop("Some mails could not be stored. They stay in the mailbox and are tried again.")
MAILS_PER_LISTING = 500
PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Position:
    """How far a folder is read. `stuck` are UIDs below `next_uid` that could not be stored and are retried."""

    validity: int
    next_uid: int = 1
    stuck: tuple[int, ...] = ()

    def after(self, uid: int) -> "Position":
        return replace(self, next_uid=max(self.next_uid, uid + 1), stuck=tuple(u for u in self.stuck if u != uid))

    def without(self, uid: int) -> "Position":
        """Past `uid`, which could not be stored."""
        return replace(self, next_uid=max(self.next_uid, uid + 1), stuck=(*self.after(uid).stuck, uid)[-MOST_STUCK:])


@dataclass(slots=True)
class Backoff:
    """Growing pauses with jitter, so that a hundred mailboxes do not return all at once."""

    pause: float = SHORTEST_PAUSE

    def next(self) -> float:
        current, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE)
        return current * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret

    def reset(self) -> None:
        self.pause = SHORTEST_PAUSE


@contextmanager
def connected(endpoint: Endpoint) -> Iterator[IMAPClient]:
    """A signed-in connection. Raises IMAPClientError or OSError."""
    settings = endpoint.settings
    context = ssl.create_default_context()
    security = settings.get("imap_security", "tls")
    client = IMAPClient(
        str(settings["imap_host"]),
        port=int(settings["imap_port"]),
        ssl=security == "tls",
        ssl_context=context,
        timeout=CONNECT_SECONDS,
    )
    try:
        if security == "starttls":
            client.starttls(context)
        client.login(str(settings["imap_user"]), endpoint.secrets.get("imap_password", ""))
        yield client
        with suppress(IMAPClientError, OSError):
            client.logout()
    finally:
        with suppress(OSError):
            client.shutdown()


@dataclass(slots=True)
class Watcher:
    """Follows the mailbox of one endpoint until `stop` is set, through every outage."""

    endpoint: Endpoint
    directory: Directory
    sink: Sink
    stop: threading.Event = field(default_factory=threading.Event)
    _backoff: Backoff = field(default_factory=Backoff)

    @property
    def folder(self) -> str:
        return str(self.endpoint.settings.get("imap_folder") or "INBOX")

    @property
    def cursor_name(self) -> str:
        return f"imap:{self.folder}"

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                with connected(self.endpoint) as client:
                    self._follow(client)
            except (IMAPClientError, OSError) as error:
                self._wait(f"{type(error).__name__}: {error}"[:500])
            except TemporarilyUnavailable as error:
                log.warning("the mailbox of %s waits: %s", self.endpoint.key, error)
                self.stop.wait(self._backoff.next())
            except Exception as error:
                log.exception("fetching the mail of %s failed", self.endpoint.key)
                self._wait(f"{type(error).__name__}: {error}"[:500])

    def _wait(self, reason: str) -> None:
        log.warning("the mailbox of %s cannot be read: %s", self.endpoint.key, reason)
        with suppress(TemporarilyUnavailable):
            self.directory.report(self.endpoint.channel_id, Health(ok=False, detail=reason))
        self.stop.wait(self._backoff.next())

    def _follow(self, client: IMAPClient) -> None:
        validity = int(client.select_folder(self.folder)[b"UIDVALIDITY"])
        can_idle = client.has_capability("IDLE")
        retry_stuck_at = datetime.now(tz=UTC)
        while not self.stop.is_set():
            position = self._position(validity)
            if datetime.now(tz=UTC) >= retry_stuck_at:
                position = self._take(client, position, position.stuck)
                retry_stuck_at = datetime.now(tz=UTC) + timedelta(seconds=RETRY_STUCK_SECONDS)
            position = self._take_new(client, position)
            self._report(position)
            self._backoff.reset()
            self._wait_for_mail(client, can_idle=can_idle)

    def _report(self, position: Position) -> None:
        health = Health(ok=False, detail=STUCK) if position.stuck else Health(ok=True)
        self.directory.report(self.endpoint.channel_id, health)

    def _position(self, validity: int) -> Position:
        saved = self.directory.cursor(self.endpoint.channel_id, self.cursor_name) or {}
        if saved.get("validity") != validity:
            # A new or rebuilt mailbox: read it from the start; what is known already is stored once.
            return Position(validity)
        return Position(validity, int(saved["next_uid"]), tuple(saved.get("stuck", ())))

    def _new_uids(self, client: IMAPClient, position: Position) -> list[int]:
        if self.endpoint.state == EndpointState.TRIAL:
            return sorted(client.search(f'HEADER {PROBE_HEADER} "" UNDELETED'))
        criteria: list[Any] = ["UID", f"{position.next_uid}:*", "UNDELETED"]
        if self.endpoint.open_since is not None:
            # SINCE knows days in the server's zone only; `_fetch` looks at the moment.
            criteria += ["SINCE", (self.endpoint.open_since - timedelta(days=1)).date()]
        return sorted(uid for uid in client.search(criteria) if uid >= position.next_uid)

    def _take_new(self, client: IMAPClient, position: Position) -> Position:
        """Looks again while the server tells of more mail meanwhile: IDLE does not tell it again (RFC 3501, 7.3.1)."""
        for _ in range(MOST_LOOKS):
            _told_of_mail(client)
            position = self._take(client, position, self._new_uids(client, position))
            if not _told_of_mail(client):
                break
        return position

    def _take(self, client: IMAPClient, position: Position, uids: Sequence[int]) -> Position:
        for start in range(0, len(uids), MAILS_PER_LISTING):
            listed = _listed(client, uids[start : start + MAILS_PER_LISTING])
            for batch in _batches(uids[start : start + MAILS_PER_LISTING], listed):
                if self.stop.is_set():
                    return position
                position = self._take_batch(client, position, batch, listed)
        return position

    def _take_batch(
        self, client: IMAPClient, position: Position, uids: Sequence[int], listed: "dict[int, Listed]"
    ) -> Position:
        wanted = [listed[uid] for uid in uids if uid in listed and self._is_ours(listed[uid])]
        mails = _fetched(client, wanted)
        try:
            messages = {
                one.uid: read(Arrival(self.endpoint, mails[one.uid], one.received_at))
                for one in wanted
                if one.uid in mails
            }
            position = self._store(position, uids, messages)
        finally:
            for mail in mails.values():
                mail.close()
        self._tidy(client, {uid: one for uid, one in messages.items() if uid not in position.stuck})
        return position

    def _is_ours(self, mail: "Listed") -> bool:
        """Mail from before the channel went into service is not."""
        since = self.endpoint.open_since
        return self.endpoint.state == EndpointState.TRIAL or since is None or mail.received_at >= since

    def _store(self, position: Position, uids: Sequence[int], messages: dict[int, IncomingMessage]) -> Position:
        """Commits the messages and the position behind them; alone each, when together they cannot be stored."""
        behind = position
        for uid in uids:
            behind = behind.after(uid)
        try:
            self._commit(behind, list(messages.values()))
        except TemporarilyUnavailable:
            raise
        except Exception:
            if len(uids) > 1:
                for uid in uids:
                    position = self._store(position, [uid], {u: m for u, m in messages.items() if u == uid})
                return position
            log.exception("mail %s in the mailbox of %s could not be stored", uids[0], self.endpoint.key)
            behind = position.without(uids[0])
            self._commit(behind, [])
        return behind

    def _commit(self, position: Position, messages: list[IncomingMessage]) -> None:
        trial = self.endpoint.state == EndpointState.TRIAL
        value = {"validity": position.validity, "next_uid": position.next_uid, "stuck": list(position.stuck)}
        cursors = () if trial else (Cursor(self.endpoint.channel_id, self.cursor_name, value),)
        self.sink(messages, cursors=cursors)

    def _tidy(self, client: IMAPClient, stored: dict[int, IncomingMessage]) -> None:
        """Removes probes and puts stored mails where the settings say. All of it is committed already."""
        probes = [uid for uid, message in stored.items() if message.probe]
        mails = [uid for uid, message in stored.items() if not message.probe]
        after = self.endpoint.settings.get("imap_after", "seen")
        if probes:
            client.delete_messages(probes, silent=True)
            _expunge(client, probes)
        if mails and after == "move":
            self._move(client, mails)
        elif mails and after == "seen":
            client.add_flags(mails, [rb"\Seen"], silent=True)

    def _move(self, client: IMAPClient, uids: list[int]) -> None:
        folder = str(self.endpoint.settings["imap_processed_folder"])
        if not client.folder_exists(folder):
            client.create_folder(folder)
        if client.has_capability("MOVE"):
            client.move(uids, folder)
            return
        client.copy(uids, folder)
        client.delete_messages(uids, silent=True)
        _expunge(client, uids)

    def _wait_for_mail(self, client: IMAPClient, *, can_idle: bool) -> None:
        if not can_idle:
            self.stop.wait(POLL_SECONDS)
            client.noop()
            return
        # imapclient does not see what came in one piece with the server's consent until IDLE ends: the first ends soon.
        if not self._idle(client, seconds=STOP_CHECK_SECONDS):
            self._idle(client, seconds=RENEW_IDLE_SECONDS)

    def _idle(self, client: IMAPClient, *, seconds: int) -> bool:
        """Waits for the server's word; whether there was one, or the watcher is to stop."""
        heard = False
        client.idle()
        try:
            for _ in range(seconds // STOP_CHECK_SECONDS):
                heard = self.stop.is_set() or bool(client.idle_check(timeout=STOP_CHECK_SECONDS))
                if heard:
                    break
        finally:
            _, rest = client.idle_done()
        return heard or bool(rest)


def _told_of_mail(client: IMAPClient) -> bool:
    """Whether an answer since the last call said EXISTS; imapclient keeps what came beside an answer to itself."""
    return bool(client._imap.response("EXISTS")[1] != [None])  # noqa: SLF001 - it has no public way to them


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail in the folder, not fetched yet."""

    uid: int
    size: int
    received_at: datetime


def _listed(client: IMAPClient, uids: Sequence[int]) -> dict[int, Listed]:
    if not uids:
        return {}
    return {
        uid: Listed(uid, int(data[b"RFC822.SIZE"]), moment(data[b"INTERNALDATE"]))
        for uid, data in client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"]).items()
    }


def _batches(uids: Sequence[int], listed: dict[int, Listed]) -> Iterator[list[int]]:
    """`uids` in order, in groups that fit into memory and one commit; those no longer there weigh nothing."""
    batch: list[int] = []
    total = 0
    for uid in uids:
        size = listed[uid].size if uid in listed else 0
        if batch and (len(batch) >= MAILS_PER_BATCH or total + size > BYTES_PER_BATCH):
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch


def _fetched(client: IMAPClient, wanted: Sequence[Listed]) -> dict[int, RawMail]:
    """The mails that are still there: small ones in one round trip, large ones piece by piece into a file."""
    mails: dict[int, RawMail] = {}
    try:
        if small := [one.uid for one in wanted if one.size <= IN_MEMORY_BYTES]:
            for uid, data in client.fetch(small, ["BODY.PEEK[]"]).items():
                mails[uid] = RawMail(data[b"BODY[]"])
        for one in wanted:
            if one.size > IN_MEMORY_BYTES:
                mails[one.uid] = RawMail()
                for piece in _pieces(client, one):
                    mails[one.uid].write(piece)
        for mail in mails.values():
            mail.finish()
    except BaseException:
        for mail in mails.values():
            mail.close()
        raise
    return mails


def _pieces(client: IMAPClient, mail: Listed) -> Iterator[bytes]:
    for start in range(0, mail.size, PIECE_BYTES):
        data = client.fetch([mail.uid], [f"BODY.PEEK[]<{start}.{PIECE_BYTES}>"])[mail.uid]
        yield data[b"BODY[]<%d>" % start]


def _expunge(client: IMAPClient, uids: Sequence[int]) -> None:
    """Removes these mails only; a server without UIDPLUS would remove what people marked as well."""
    if client.has_capability("UIDPLUS"):
        client.uid_expunge(uids)
