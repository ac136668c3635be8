"""Names of the background jobs of messengers."""

from enum import StrEnum


class Job(StrEnum):
    CHECK = "messengers.check"
    CHECK_ALL = "messengers.check-all"
    READ_DIRECTORY = "messengers.read-directory"
    READ_DIRECTORIES = "messengers.read-directories"
    READ_ROOMS = "messengers.read-rooms"
    READ_ALL_ROOMS = "messengers.read-all-rooms"
    READ_STALE_ROOMS = "messengers.read-stale-rooms"
    READ_WHAT_IS_STALE = "messengers.read-what-is-stale"
    READ_ROOM = "messengers.read-room"
    ENTER_ROOM = "messengers.enter-room"
    FETCH_DIRECT = "messengers.fetch-direct"
    FETCH_ALL_DIRECT = "messengers.fetch-all-direct"
    SAY_UNREADABLE = "messengers.say-unreadable"
    FINISH_ROOMS = "messengers.finish-rooms"
    FORGET_CALLBACKS = "messengers.forget-callbacks"
