"""Every write about messengers, their users and rooms."""

from postroad.messengers.actions.callbacks import forget_callbacks, receive_callback, refuse_callback
from postroad.messengers.actions.changing import (
    change_room,
    close_room,
    enter_room,
    finish_rooms,
    make_room,
    redact_message,
    register_room,
    release_lost_room,
    visit_channel_room,
)
from postroad.messengers.actions.connections import (
    change_messenger,
    check_messenger,
    connect_messenger,
    report_health,
    resume_messenger,
    retire_messenger,
    suspend_messenger,
)
from postroad.messengers.actions.direct import forget_erased, kept_id
from postroad.messengers.actions.fetching import as_seen, fetch_direct, say_unreadable
from postroad.messengers.actions.happenings import take_again, take_happenings
from postroad.messengers.actions.mirror import Reading, read_room, read_rooms, read_stale_rooms, refresh_room
from postroad.messengers.actions.people import DirectoryReading, match_user, read_directory_of, unmatch_user

__all__ = [
    "DirectoryReading",
    "Reading",
    "as_seen",
    "change_messenger",
    "change_room",
    "check_messenger",
    "close_room",
    "connect_messenger",
    "enter_room",
    "fetch_direct",
    "finish_rooms",
    "forget_callbacks",
    "forget_erased",
    "kept_id",
    "make_room",
    "match_user",
    "read_directory_of",
    "read_room",
    "read_rooms",
    "read_stale_rooms",
    "receive_callback",
    "redact_message",
    "refresh_room",
    "refuse_callback",
    "register_room",
    "release_lost_room",
    "report_health",
    "resume_messenger",
    "retire_messenger",
    "say_unreadable",
    "suspend_messenger",
    "take_again",
    "take_happenings",
    "unmatch_user",
    "visit_channel_room",
]
