"""What the reports count of cases, promises, calls and chats; see `registry` for the columns.

A case counts on the channel it is on now and for who has it, a solution for who had the case when it was solved. Mail
from robots and spam count nowhere.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.desk.queries import FIRST, Promise
from postroad.hotline.queries import PROMISED
from postroad.livechat.queries import PRESENT_FOR
from postroad.supervision.registry import Figure, Form

_REAL = "NOT one.automatic AND one.closed_reason <> 'spam'"

OPENED = f"""
SELECT one.opened_at AS at, NULL::timestamptz AS since, one.id AS case_id, NULL::uuid AS call_id, one.channel_id,
       one.assignee_id AS person_id, one.organisation_id, NULL::boolean AS hit, NULL::float8 AS score
FROM desk_case one
WHERE one.opened_at >= %(start)s AND one.opened_at < %(end)s AND {_REAL} AND one.merged_into_id IS NULL
"""  # noqa: S608 - constants of this module

_REPLIED = """
SELECT one.first_replied_at AS at, one.opened_at AS since, one.id AS case_id, NULL::uuid AS call_id, one.channel_id,
       one.assignee_id AS person_id, one.organisation_id, NULL::boolean AS hit, NULL::float8 AS score
FROM desk_case one JOIN channels_channel channel ON channel.id = one.channel_id
WHERE one.first_replied_at >= %(start)s AND one.first_replied_at < %(end)s
"""
FIRST_REPLIED = f"{_REPLIED} AND {_REAL}"
CHAT_REPLIED = f"{_REPLIED} AND {_REAL} AND channel.kind = 'live-chat'"

SOLVED = f"""
SELECT spell.ended_at AS at, spell.began_at AS since, one.id AS case_id, NULL::uuid AS call_id, one.channel_id,
       spell.person_id, one.organisation_id, spell.reopened_at IS NOT NULL AS hit, NULL::float8 AS score
FROM desk_spell spell JOIN desk_case one ON one.id = spell.case_id
WHERE spell.ended_at >= %(start)s AND spell.ended_at < %(end)s AND spell.outcome = 'solved' AND {_REAL}
"""  # noqa: S608 - constants of this module


def _kept(*promises: Promise) -> str:
    """Promises that ended in the period: met ones by when they were met, missed ones by when they fell due."""
    kinds = ", ".join(f"'{promise.value}'" for promise in promises)
    ends = {"met": "finished_at", "missed": "due_at"}
    return " UNION ALL ".join(
        f"""
        SELECT owed.{moment} AS at, NULL::timestamptz AS since, one.id AS case_id, NULL::uuid AS call_id,
               one.channel_id, owed.responsible_id AS person_id, one.organisation_id, {state == "met"} AS hit,
               NULL::float8 AS score
        FROM clock_deadline owed JOIN desk_case one ON one.id = owed.subject_id::uuid
        WHERE owed.kind IN ({kinds}) AND owed.subject_type = 'desk.case' AND owed.state = '{state}'
          AND owed.{moment} >= %(start)s AND owed.{moment} < %(end)s
        """  # noqa: S608 - names of ours
        for state, moment in ends.items()
    )


CALLED_BACK = f"""
SELECT owed.finished_at AS at, owed.started_at AS since, one.id AS case_id, NULL::uuid AS call_id, one.channel_id,
       owed.responsible_id AS person_id, one.organisation_id, NULL::boolean AS hit, NULL::float8 AS score
FROM clock_deadline owed JOIN desk_case one ON one.id = owed.subject_id::uuid
WHERE owed.kind = '{Promise.CALL_BACK.value}' AND owed.subject_type = 'desk.case' AND owed.state IN ('met', 'missed')
  AND owed.finished_at >= %(start)s AND owed.finished_at < %(end)s
"""  # noqa: S608 - a name of ours

_CALLS = """
SELECT call.started_at AS at, NULL::timestamptz AS since, NULL::uuid AS case_id, call.id AS call_id, call.channel_id,
       call.agent_id AS person_id, contact.organisation_id, {hit} AS hit, NULL::float8 AS score
FROM hotline_call call JOIN channels_channel line ON line.id = call.channel_id
     LEFT JOIN hotline_caller caller ON caller.id = call.caller_id
     LEFT JOIN org_contact contact ON contact.id = caller.contact_id
WHERE call.started_at >= %(start)s AND call.started_at < %(end)s AND call.direction = 'in' AND NOT call.test
  AND call.state IN ('talking', 'answered', 'missed', 'voicemail')
"""
_IN_TIME = f"""
call.state IN ('talking', 'answered') AND call.answered_at - call.started_at <= make_interval(
    mins => coalesce(line.first_reply_minutes, {int(PROMISED.total_seconds() // 60)}))
"""
CALLS_IN_TIME = _CALLS.format(hit=f"({_IN_TIME})")
CALLS_MISSED = _CALLS.format(hit="call.state IN ('missed', 'voicemail')")

# Whoever went before anybody had written to them; who is still there may yet be answered.
CHATS_ABANDONED = f"""
SELECT visit.started_at AS at, NULL::timestamptz AS since, one.id AS case_id, NULL::uuid AS call_id, visit.channel_id,
       one.assignee_id AS person_id, one.organisation_id,
       coalesce(one.first_replied_at, 'infinity') > gone.at AS hit, NULL::float8 AS score
FROM livechat_visit visit
     JOIN LATERAL (
         SELECT link.case_id FROM desk_caseconversation link WHERE link.conversation_id = visit.conversation_id
         ORDER BY link.first_message_id LIMIT 1
     ) AS first_link ON true
     JOIN desk_case one ON one.id = first_link.case_id,
     LATERAL (
         SELECT coalesce(visit.left_at, CASE WHEN coalesce(visit.seen_at, visit.started_at)
             < now() - make_interval(secs => {PRESENT_FOR.total_seconds()})
             THEN coalesce(visit.seen_at, visit.started_at) END) AS at
     ) AS gone
WHERE visit.channel_id = ANY(%(channels)s) AND visit.started_at >= %(start)s AND visit.started_at < %(end)s AND {_REAL}
  AND (one.first_replied_at IS NOT NULL OR gone.at IS NOT NULL)
"""  # noqa: S608 - constants of this module

RATED = """
SELECT said.answered_at AS at, NULL::timestamptz AS since, said.case_id, NULL::uuid AS call_id, said.channel_id,
       said.agent_id AS person_id, one.organisation_id, NULL::boolean AS hit, said.score::float8 AS score
FROM desk_rating said JOIN desk_case one ON one.id = said.case_id
WHERE said.score IS NOT NULL AND said.answered_at >= %(start)s AND said.answered_at < %(end)s
"""

FIGURES = (
    Figure(
        key="opened",
        title=_("New cases"),
        told=_("Cases by when they came in, without robots' mail, spam and what was merged away."),
        form=Form.COUNT,
        facts=OPENED,
        order=10,
    ),
    Figure(
        key="first-reply",
        title=_("First response"),
        told=_("From a case's coming in to the first reply of a person, or the call back; by when that was."),
        form=Form.DURATION,
        facts=FIRST_REPLIED,
        order=20,
        more_is_better=False,
    ),
    Figure(
        key="first-in-time",
        title=_("First response in time"),
        told=_("Promises of a first reply: met ones by when they were met, missed ones by when they fell due."),
        form=Form.SHARE,
        facts=_kept(*FIRST),
        order=30,
        more_is_better=True,
        hit_label=pgettext_lazy("promises", "met"),
        miss_label=pgettext_lazy("promises", "missed"),
    ),
    Figure(
        key="resolution",
        title=_("Resolution"),
        told=_("From a case's coming in, or coming back, until it was solved; by when it was solved."),
        form=Form.DURATION,
        facts=SOLVED,
        order=40,
        more_is_better=False,
    ),
    Figure(
        key="answered-in-time",
        title=_("Answered in time"),
        told=_("Promises of an answer: met ones by when they were met, missed ones by when they fell due."),
        form=Form.SHARE,
        facts=_kept(Promise.ANSWER),
        order=50,
        more_is_better=True,
        hit_label=pgettext_lazy("promises", "met"),
        miss_label=pgettext_lazy("promises", "missed"),
    ),
    Figure(
        key="reopened",
        title=_("Reopened"),
        told=_("Of the cases solved in the period, those that did not stay solved: reopened since, whenever that was."),
        form=Form.SHARE,
        facts=SOLVED,
        order=60,
        more_is_better=False,
        hit_label=_("reopened"),
        miss_label=_("stayed solved"),
    ),
    Figure(
        key="calls-in-time",
        title=_("Calls answered in time"),
        told=_("Incoming calls by when they began; in time is within what the hotline promises."),
        form=Form.SHARE,
        facts=CALLS_IN_TIME,
        order=70,
        more_is_better=True,
        hit_label=_("answered in time"),
        miss_label=_("late or missed"),
    ),
    Figure(
        key="calls-missed",
        title=_("Calls missed"),
        told=_("Incoming calls by when they began; missed are those that nobody answered, voicemails among them."),
        form=Form.SHARE,
        facts=CALLS_MISSED,
        order=80,
        more_is_better=False,
        hit_label=pgettext_lazy("calls", "missed"),
        miss_label=pgettext_lazy("calls", "answered"),
    ),
    Figure(
        key="called-back",
        title=_("Called back after"),
        told=_("From a missed call until the caller was called back or came through; by when that was."),
        form=Form.DURATION,
        facts=CALLED_BACK,
        order=90,
        more_is_better=False,
    ),
    Figure(
        key="chat-wait",
        title=_("Waiting in the chat"),
        told=_("From a chat's first line to the first reply of a person; by when that was."),
        form=Form.DURATION,
        facts=CHAT_REPLIED,
        order=100,
        more_is_better=False,
    ),
    Figure(
        key="chats-abandoned",
        title=_("Chats abandoned"),
        told=_("Chats by when they began; abandoned are those whose visitor went before anybody had replied."),
        form=Form.SHARE,
        facts=CHATS_ABANDONED,
        order=110,
        more_is_better=False,
        hit_label=_("abandoned"),
        miss_label=pgettext_lazy("chats", "answered"),
    ),
    Figure(
        key="rating",
        title=_("Customers' rating"),
        told=_(
            "What customers said of solved cases, 1 to 5, by when they said it; those who said nothing are left out."
        ),
        form=Form.SCORE,
        facts=RATED,
        order=120,
        more_is_better=True,
    ),
)
