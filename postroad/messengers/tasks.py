"""Background entry points of messengers. One messenger that is slow or down holds up no other: each has its own job."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from postroad.messengers import actions, queries
from postroad.messengers.jobs import Job
from postroad.messengers.models import Messenger
from postroad.platform.jobs import enqueue, periodic, task


@task(Job.CHECK)
def check(messenger_id: str) -> None:
    if messenger := _in_use(messenger_id):
        actions.check_messenger(messenger=messenger)


@task(Job.READ_DIRECTORY)
def read_directory(messenger_id: str) -> None:
    if messenger := _in_use(messenger_id):
        actions.read_directory_of(messenger=messenger)


@task(Job.READ_ROOMS)
def read_rooms(messenger_id: str) -> None:
    if messenger := _in_use(messenger_id):
        actions.read_rooms(messenger=messenger)


@task(Job.READ_STALE_ROOMS)
def read_stale_rooms(messenger_id: str) -> None:
    if messenger := _in_use(messenger_id):
        actions.read_stale_rooms(messenger=messenger)


@task(Job.READ_ROOM)
def read_room(messenger_id: str, room_id: str) -> None:
    if messenger := _in_use(messenger_id):
        actions.read_room(messenger=messenger, room_id=room_id)


@task(Job.ENTER_ROOM)
def enter_room(messenger_id: str, room_id: str) -> None:
    messenger = _in_use(messenger_id)
    if messenger and (room := queries.room_of(messenger, room_id)):
        actions.enter_room(room=room)


@task(Job.FETCH_DIRECT)
def fetch_direct(channel_id: str, token: str) -> None:
    if channel := queries.direct_channels().filter(pk=UUID(channel_id)).first():
        actions.fetch_direct(channel=channel, token=token)


@task(Job.SAY_UNREADABLE)
def say_unreadable(chat_id: str) -> None:
    if chat := queries.chats().filter(pk=UUID(chat_id)).first():
        actions.say_unreadable(chat=chat)


# What a messenger forgot to tell us of, or told while we were away for longer than it tries.
@periodic(Job.FETCH_ALL_DIRECT, cron="2-59/10 * * * *")
@transaction.atomic
def fetch_all_direct() -> None:
    for channel in queries.direct_channels():
        enqueue(Job.FETCH_DIRECT, once=True, channel_id=str(channel.pk), token="")


@periodic(Job.CHECK_ALL, cron="4-59/10 * * * *")
def check_all() -> None:
    _for_each(Job.CHECK)


# Messengers ask not to be called by everybody on the hour and the half hour.
@periodic(Job.READ_ALL_ROOMS, cron="7,37 * * * *")
def read_all_rooms() -> None:
    _for_each(Job.READ_ROOMS, queries.due_to_be_read())


@periodic(Job.READ_DIRECTORIES, cron="17 */2 * * *")
def read_directories() -> None:
    _for_each(Job.READ_DIRECTORY)


@periodic(Job.READ_WHAT_IS_STALE, cron="* * * * *")
def read_what_is_stale() -> None:
    _for_each(Job.READ_STALE_ROOMS, queries.with_stale_rooms())


@periodic(Job.FINISH_ROOMS, cron="* * * * *")
def finish_rooms() -> None:
    actions.finish_rooms()


@periodic(Job.FORGET_CALLBACKS, cron="23 * * * *")
def forget_callbacks() -> None:
    actions.forget_callbacks()
    actions.forget_erased()


def _in_use(messenger_id: str) -> Messenger | None:
    return queries.in_use().filter(pk=UUID(messenger_id)).first()


@transaction.atomic
def _for_each(job: Job, messengers: Iterable[Messenger] | None = None) -> None:
    for messenger in queries.in_use() if messengers is None else messengers:
        enqueue(job, once=True, messenger_id=str(messenger.pk))
