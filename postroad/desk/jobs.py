from enum import StrEnum


class Job(StrEnum):
    ACKNOWLEDGE = "desk.acknowledge"
    CLOSE_QUIET = "desk.close-quiet"
    FORGET_PRESENCE = "desk.forget-presence"
    MAIL_ESCALATIONS = "desk.mail-escalations"
    HAND_OUT = "desk.hand-out"
    MAIL_MISSED = "desk.mail-missed"
    ASK_FOR_RATINGS = "desk.ask-for-ratings"
    SEND_WAITING = "desk.send-waiting"
    SEND_FORGOTTEN = "desk.send-forgotten"
    FORGET_SENT = "desk.forget-sent"
    ANSWER_AWAY = "desk.answer-away"
    HAND_OVER_ABSENT = "desk.hand-over-absent"
    OFFER_OTHER_WAYS = "desk.offer-other-ways"
