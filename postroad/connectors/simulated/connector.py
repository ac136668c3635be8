"""A messenger without any account: for the demo, and for trying a plan before it touches anybody's groups.

Its state lies in tables of its own, which web, worker and listener share as they would share a real messenger. It
keeps the protocol's promises like any other and passes the same conformance suite.
"""

import asyncio
import hmac
import json
import re
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar

from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from postroad.channels.protocol import (
    Health,
    IncomingAttachment,
    OutgoingMessage,
    SendFailed,
    SendResult,
    Setting,
    SettingKind,
    TemporarilyUnavailable,
)
from postroad.connectors.not_offered import ReadAsUsual
from postroad.connectors.simulated import life
from postroad.connectors.simulated.models import File, Group, Membership, Occurrence, Place, User
from postroad.messengers.protocol import (
    Account,
    Callback,
    CallbackRefused,
    CallbackReply,
    DirectChat,
    DirectoryDepartment,
    DirectoryEvent,
    DirectoryPerson,
    DirectorySnapshot,
    DirectTerms,
    Feature,
    Fetched,
    Happening,
    Inbox,
    MessengerFault,
    NoSuchRoom,
    RoomChange,
    RoomEvent,
    RoomEventKind,
    RoomMessage,
    RoomSetting,
    RoomSpec,
    RoomState,
    Sight,
)

POSTROAD = "postroad"
SERVICE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
NOBODY_THERE = gettext_noop("They have left the chat.")
ROOMS_A_PAGE = 200
HAPPENINGS_AT_ONCE = 200
TICK_SECONDS = 0.2
SIGNATURE, TIMESTAMP = "x-simulated-signature", "x-simulated-timestamp"
WINDOW = timedelta(minutes=5)


class Simulated(ReadAsUsual):
    """See `messengers.protocol.MessengerConnector`."""

    key: ClassVar[str] = "simulated"
    title: ClassVar[Any] = _("Simulated messenger")
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "place",
            _("Place"),
            required=True,
            default="playground",
            help_text=_(
                "Whoever names the same place is in the same simulated messenger. “postroad demo fill” puts your own "
                "staff into one."
            ),
        ),
        Setting("callback_secret", _("Secret for callbacks"), SettingKind.SECRET),
    )
    directory_settings: ClassVar[tuple[Setting, ...]] = settings
    sight: ClassVar[Sight] = Sight.ALL_ROOMS
    features: ClassVar[frozenset[Feature]] = frozenset(Feature)
    room_settings: ClassVar[frozenset[RoomSetting]] = frozenset(
        {
            RoomSetting.POSTING_RESTRICTED,
            RoomSetting.MENTION_ALL_RESTRICTED,
            RoomSetting.MANAGING_RESTRICTED,
            RoomSetting.TOPIC,
        }
    )
    direct_terms: ClassVar[DirectTerms] = DirectTerms()
    service_hint: ClassVar[Any] = _("The address above is the service account's name, for example sales.")
    longest_name: ClassVar[int] = 60
    largest_room: ClassVar[int] = 5000

    def validate(self, account: Account) -> dict[str, Any]:
        return {} if str(account.settings.get("place", "")).strip() else {"place": _("Name a place.")}

    def check(self, account: Account) -> Health:
        try:
            place_of(account)
        except MessengerFault as fault:
            return Health(ok=False, detail=str(fault))
        return Health(ok=True)

    # --- people ---------------------------------------------------------------------------------------------

    def read_directory(self, account: Account) -> DirectorySnapshot:
        place = place_of(account)
        departments = tuple(
            DirectoryDepartment(
                id=one.code, name=one.name, parent_id=one.parent_code or None, head_ids=tuple(one.head_ids)
            )
            for one in place.departments.order_by("pk")
        )
        people = tuple(
            DirectoryPerson(
                id=one.user_id,
                name=one.name,
                name_en=one.name_en,
                staff_no=one.staff_no,
                mail=one.mail,
                title=one.title,
                department_ids=tuple(one.department_codes),
                active=one.active,
            )
            for one in place.users.filter(outside=False).order_by("pk")
        )
        return DirectorySnapshot(departments, people)

    # --- rooms ----------------------------------------------------------------------------------------------

    def rooms(self, account: Account, *, known: Iterable[str]) -> Iterator[RoomState]:
        del known
        place = place_of(account)
        last = 0
        while page := list(
            place.groups.filter(closed_at=None, service_id="", pk__gt=last).order_by("pk")[:ROOMS_A_PAGE]
        ):
            yield from _states(page)
            last = page[-1].pk

    def read_room(self, account: Account, room_id: str) -> RoomState:
        [state] = _states([group_of(account, room_id)])
        return state

    def make_room(self, account: Account, spec: RoomSpec) -> str:
        place = place_of(account)
        _require_name(spec.name)
        _require_people(place, {spec.owner_id, *spec.member_ids})
        with transaction.atomic(durable=True):
            group = life.make_group(
                place,
                name=spec.name,
                owner_id=spec.owner_id,
                member_ids=spec.member_ids,
                key=spec.key,
                settings=_plain(spec.settings),
            )
        return group.room_id

    def change_room(self, account: Account, room_id: str, change: RoomChange) -> None:
        group = group_of(account, room_id)
        coming = {*change.add_ids, *([change.owner_id] if change.owner_id else [])}
        _require_people(group.place, coming)
        if change.name is not None:
            _require_name(change.name)
        with transaction.atomic(durable=True):
            if change.name is not None:
                life.rename(group, change.name, by=POSTROAD)
            life.join(group, coming, by=POSTROAD)
            if change.owner_id:
                life.hand_over(group, change.owner_id, by=POSTROAD)
            life.set_administrators(group, promote=change.promote_ids, demote=change.demote_ids, by=POSTROAD)
            life.leave(group, change.remove_ids, by=POSTROAD)
            life.set_settings(group, _plain(change.settings), by=POSTROAD)

    def close_room(self, account: Account, room_id: str) -> None:
        with suppress(NoSuchRoom), transaction.atomic(durable=True):
            life.close(group_of(account, room_id), by=POSTROAD)

    # --- saying ---------------------------------------------------------------------------------------------

    def send(self, account: Account, room_id: str, message: OutgoingMessage) -> SendResult:
        try:
            group = group_of(account, room_id)
        except MessengerFault as fault:
            raise SendFailed(fault.reason, permanent=fault.permanent) from fault
        addressed = [one.address for one in message.recipients]
        mentions = group.memberships.filter(user_id__in=addressed).values_list("user_id", flat=True)
        return _say(group, POSTROAD, message, mentions=mentions)

    def redact(self, account: Account, room_id: str, external_id: str, *, reason: str) -> None:
        del reason
        group = group_of(account, room_id)
        said = group.place.occurrences.filter(kind=life.MESSAGE, room_id=room_id, external_id=external_id).first()
        if said is None:
            raise MessengerFault("there is no such message", code="no-such-message", permanent=True)
        with transaction.atomic(durable=True):
            life.take_back(said, by=POSTROAD)

    def history(self, account: Account, room_id: str, *, since: datetime | None) -> Iterator[RoomMessage]:
        group = group_of(account, room_id)
        said = group.place.occurrences.filter(kind=life.MESSAGE, room_id=room_id, redacted_at=None).order_by("pk")
        yield from _messages(said.filter(at__gte=since) if since else said)

    # --- direct chats ---------------------------------------------------------------------------------------

    def service_problem(self, account: Account, service_id: str) -> str:
        del account
        return "" if SERVICE_ID.fullmatch(service_id) else str(_("Use lower-case letters, digits and hyphens."))

    def open_service(self, account: Account, service_id: str, *, name: str) -> None:
        del service_id, name  # a service account is whatever is written to
        place_of(account)

    def fetch(self, account: Account, service_id: str, *, token: str, cursor: str) -> Fetched:
        del account, service_id, token, cursor  # everything is heard by listening
        return Fetched()

    def send_direct(self, account: Account, chat: DirectChat, message: OutgoingMessage) -> SendResult:
        try:
            place = place_of(account)
        except MessengerFault as fault:
            raise SendFailed(fault.reason, permanent=fault.permanent) from fault
        group = place.groups.filter(room_id=chat.room_id, service_id=chat.service_id).select_related("place").first()
        if group is None or not group.memberships.filter(user_id=chat.user_id).exists():
            raise SendFailed(NOBODY_THERE, permanent=True)
        return _say(group, chat.service_id, message)

    # --- hearing --------------------------------------------------------------------------------------------

    async def listen(self, inbox: Inbox, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        # One thread of its own: a database connection stays with its thread.
        with ThreadPoolExecutor(1, thread_name_prefix="simulated") as thread:
            while not stop.is_set():
                await loop.run_in_executor(thread, self.read_once, inbox)
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_SECONDS):
                        await stop.wait()
            await loop.run_in_executor(thread, connections.close_all)

    def read_once(self, inbox: Inbox) -> None:
        """Takes in what happened since the committed cursor, of each account; what fails is tried again."""
        try:
            accounts = inbox.accounts()
        except TemporarilyUnavailable:
            return
        for account in accounts:
            try:
                self._read_account(account, inbox)
            except TemporarilyUnavailable:
                continue
            except MessengerFault as fault:
                inbox.report(account, Health(ok=False, detail=str(fault)))

    def _read_account(self, account: Account, inbox: Inbox) -> None:
        cursor = inbox.cursor(account)
        place = place_of(account)
        while new := list(
            place.occurrences.filter(pk__gt=(cursor or {}).get("read", 0)).order_by("pk")[:HAPPENINGS_AT_ONCE]
        ):
            cursor = {"read": new[-1].pk}
            inbox.take(account, _happenings(new), cursor=cursor)
        inbox.report(account, Health(ok=True))

    # --- being called ---------------------------------------------------------------------------------------

    def read_callback(self, account: Account, callback: Callback) -> CallbackReply:
        """Body: what was said, as JSON; signed with HMAC-SHA256 over timestamp, a dot, and the body."""
        _verify(account, callback)
        try:
            told = json.loads(callback.body)
            message = RoomMessage(
                room_id=told["room_id"],
                external_id=told["external_id"],
                sender_id=told["sender_id"],
                sender_name=told["sender_name"],
                sent_at=datetime.fromisoformat(told["sent_at"]),
                text=told["text"],
                raw=callback.body,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise CallbackRefused(gettext_noop("not understood"), status=400) from error
        return CallbackReply(body=b"ok", happenings=(message,))


def place_of(account: Account) -> Place:
    """The account's messenger, if it answers. Raises MessengerFault as it was ordered to."""
    place = life.place_called(str(account.settings.get("place", "")))
    if place.down:
        raise MessengerFault("the simulated messenger is switched off", code="down")
    if place.limited_until and (wait := place.limited_until - timezone.now()) > timedelta(0):
        raise MessengerFault("called too often", code="limited", retry_after=wait)
    return place


def group_of(account: Account, room_id: str) -> Group:
    place = place_of(account)
    group = place.groups.filter(room_id=room_id, service_id="", closed_at=None).select_related("place").first()
    if group is None:
        raise NoSuchRoom("there is no such group", code="no-such-group")
    return group


def _say(group: Group, user_id: str, message: OutgoingMessage, *, mentions: Collection[str] = ()) -> SendResult:
    with transaction.atomic(durable=True):
        said = life.say(
            group,
            user_id=user_id,
            text=message.text,
            external_id=f"o-{message.message_id.hex}",
            mentions=mentions,
            files=message.attachments,
            ours=True,
        )
    return SendResult(said.external_id, said.at)


def _states(groups: list[Group]) -> Iterator[RoomState]:
    members: dict[int, list[str]] = {group.pk: [] for group in groups}
    rows = Membership.objects.filter(group__in=groups)
    for group_id, user_id in rows.values_list("group_id", "user_id"):
        members[group_id].append(user_id)
    for group in groups:
        yield RoomState(
            id=group.room_id,
            name=group.name,
            owner_id=group.owner_id or None,
            members=frozenset(members[group.pk]),
            admin_ids=frozenset(group.admin_ids),
            settings={RoomSetting(name): value for name, value in group.settings.items()},
            creator_id=group.creator_id or None,
            created_at=group.made_at,
            last_activity_at=group.last_said_at,
        )


def _plain(settings: Any) -> dict[str, Any]:
    return {str(name): value for name, value in settings.items()}


def _require_name(name: str) -> None:
    if not name.strip() or len(name) > Simulated.longest_name:
        raise MessengerFault("a group's name has 1 to 60 characters", code="bad-name", permanent=True)


def _require_people(place: Place, user_ids: Iterable[str]) -> None:
    wanted = set(user_ids)
    known = set(place.users.filter(user_id__in=wanted, active=True).values_list("user_id", flat=True))
    if missing := sorted(wanted - known):
        raise MessengerFault(f"unknown: {', '.join(missing[:5])}", code="no-such-user", permanent=True)


def _happenings(new: list[Occurrence]) -> list[Happening]:
    messages = iter(_messages([one for one in new if one.kind == life.MESSAGE]))
    return [next(messages) if one.kind == life.MESSAGE else _event(one) for one in new]


def _event(one: Occurrence) -> Happening:
    if one.kind == life.DIRECTORY:
        return DirectoryEvent(at=one.at, user_ids=tuple(one.user_ids))
    return RoomEvent(
        kind=RoomEventKind(one.kind),
        room_id=one.room_id,
        at=one.at,
        by=one.user_id or None,
        user_ids=tuple(one.user_ids),
        external_id=one.external_id or f"e-{one.pk}",
    )


def _messages(said: Iterable[Occurrence]) -> Iterator[RoomMessage]:
    rows = list(said)
    places = {one.place_id for one in rows}
    senders = {one.user_id for one in rows}
    users = User.objects.filter(place__in=places, user_id__in=senders)
    names = {(place_id, user_id): name for place_id, user_id, name in users.values_list("place", "user_id", "name")}
    chats = Group.objects.filter(place__in=places, room_id__in={one.room_id for one in rows}).exclude(service_id="")
    services = dict(chats.values_list("room_id", "service_id"))
    files = File.objects.filter(occurrence__in=rows).order_by("pk")
    attached: dict[int, list[IncomingAttachment]] = {one.pk: [] for one in rows}
    for file in files:
        content = bytes(file.content)
        attached[file.occurrence_id].append(
            IncomingAttachment(file.name, file.content_type, len(content), sha256(content).hexdigest(), content)
        )
    for one in rows:
        yield RoomMessage(
            room_id=one.room_id,
            external_id=one.external_id,
            sender_id=one.user_id,
            sender_name=names.get((one.place_id, one.user_id), one.user_id),
            sent_at=one.at,
            text=one.text,
            raw=_raw(one),
            reply_to=one.reply_to or None,
            mentions=tuple(one.user_ids),
            attachments=tuple(attached[one.pk]),
            ours=one.ours,
            direct=one.room_id in services,
            service_id=services.get(one.room_id, ""),
        )


def _raw(one: Occurrence) -> bytes:
    told = {
        "room_id": one.room_id,
        "external_id": one.external_id,
        "sender_id": one.user_id,
        "sent_at": one.at.isoformat(),
        "text": one.text,
        "reply_to": one.reply_to,
        "mentions": one.user_ids,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a genuine callback carries in its header."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def _verify(account: Account, callback: Callback) -> None:
    secret = account.secrets.get("callback_secret", "")
    timestamp = callback.headers.get(TIMESTAMP, "")
    expected = signature(secret, timestamp, callback.body)
    if not secret or not hmac.compare_digest(expected, callback.headers.get(SIGNATURE, "")):
        raise CallbackRefused(gettext_noop("wrong signature"))
    try:
        sent_at = datetime.fromtimestamp(int(timestamp), tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise CallbackRefused(gettext_noop("no time")) from error
    if abs(callback.received_at - sent_at) > WINDOW:
        raise CallbackRefused(gettext_noop("not of now"))
