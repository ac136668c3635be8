"""The reports and the wallboard: how long a page takes with 1,000 and with 1,000,000 older cases, the period being the same.

Measured is the whole answer of a view, from the address to the HTML: all figures of a week of 2,000 cases, the week before
beside it, told apart by channel; one figure with its distribution; the cases behind it; the wallboard. Older cases are
finished and lie in the two years before, each with a spell and both its promises. Quote the ratios: the figures are this
machine's. The aim is 1.3 at most.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from scratch import indexes_built_afterwards, installation

FEW = 1_000
MANY = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
IN_A_WEEK = 2_000
CHANNELS = 20
REPEATS = 15
PAGES = {
    "all figures of a week": "/supervision/?span=own",
    "one figure in full": "/supervision/figures/resolution/?span=own",
    "the cases behind it": "/supervision/figures/resolution/cases/?span=own",
    "the wallboard": "/supervision/wallboard/",
}

# `n` counts cases from the newest back; `spread` apart from one another. Nine in ten are solved after some hours, the
# others of the last weeks are still open.
CASES = """
INSERT INTO desk_case (id, number, channel_id, subject, state, priority, contact_id, assignee_id, automatic, undelivered,
                       next_due_at, opened_at, last_message_at, first_replied_at, solved_at, closed_at, closed_reason)
SELECT uuidv7(- age), 10000 + %(from)s + n, (%(channels)s::uuid[])[1 + n %% %(channel_count)s], '发票 invoice ' || n,
       CASE WHEN is_open THEN 'open' ELSE 'closed' END, 'normal', %(contact)s,
       (%(agents)s::uuid[])[1 + n %% 2], false, false, %(never)s, now() - age, now() - age,
       CASE WHEN NOT is_open THEN now() - age + took / 3 END, CASE WHEN NOT is_open THEN now() - age + took END,
       CASE WHEN NOT is_open THEN now() - age + took END, CASE WHEN is_open THEN '' ELSE 'quiet' END
FROM (SELECT n, age, took, took > age OR %(open)s AND n %% 10 = 0 AS is_open
      FROM (SELECT n, %(since)s::interval + n * (%(spread)s::interval / %(count)s) AS age,
                   make_interval(mins => (5 + n::bigint * 7919 %% 2880)::int) AS took
            FROM generate_series(1, %(count)s) AS n) AS spread) AS made
"""
SPELLS = """
INSERT INTO desk_spell (case_id, number, began_at, ended_at, outcome, person_id)
SELECT id, 1, opened_at, closed_at, CASE WHEN closed_at IS NULL THEN '' ELSE 'solved' END, assignee_id
FROM desk_case WHERE number > 10000 + %(from)s AND number <= 10000 + %(from)s + %(count)s
"""
PROMISES = """
INSERT INTO clock_deadline (id, kind, subject_type, subject_id, title, url, amount, started_at, due_at, state, used,
                            counted_from, missed_at, finished_at, warnings, escalations, round, look_at,
                            responsible_id)
SELECT uuidv7(), kind, 'desk.case', one.id::text, '#' || number, '', interval '1 day', opened_at, opened_at + interval '1 day',
       CASE WHEN closed_at IS NULL THEN 'running' WHEN closed_at > opened_at + interval '1 day' THEN 'missed' ELSE 'met' END,
       interval '0', opened_at, CASE WHEN closed_at > opened_at + interval '1 day' THEN opened_at + interval '1 day' END,
       closed_at, 0, 0, 0, CASE WHEN closed_at IS NULL THEN opened_at + interval '1 day' END, assignee_id
FROM desk_case one, (VALUES ('desk.first-reply'), ('desk.answer-24h')) AS kinds (kind)
WHERE number > 10000 + %(from)s AND number <= 10000 + %(from)s + %(count)s
"""


def prepare() -> dict[str, Any]:
    from postroad.channels.models import ChannelMember
    from postroad.conversations.tests.factories import make_channel
    from postroad.desk.models import NEVER
    from postroad.desk.tests.factories import make_calendar
    from postroad.org.actions import match_contacts
    from postroad.org.tests.cast import make_company

    company = make_company()
    make_calendar()
    channels = [make_channel(company, f"queue-{number:02}", name=f"渠道 {number}") for number in range(CHANNELS)]
    ChannelMember.objects.bulk_create(
        ChannelMember(channel=channel, person=person)
        for channel in channels
        for person in (company.agent, company.agent2)
    )
    [contact] = match_contacts([("客户", "kunde@customer.test")]).values()
    return {
        "company": company,
        "channels": [channel.pk for channel in channels],
        "channel_count": CHANNELS,
        "contact": contact.pk,
        "agents": [company.agent.pk, company.agent2.pk],
        "never": NEVER,
    }


def fill(known: dict[str, Any], *, start: int, count: int, since: str, spread: str, some_open: bool) -> None:
    """Make `count` cases between `since` ago and `spread` before that."""
    from django.db import connection

    values = {name: value for name, value in known.items() if name != "company"}
    values |= {"from": start, "count": count, "since": since, "spread": spread, "open": some_open}
    with connection.cursor() as cursor:
        tables = ("desk_case", "desk_spell", "clock_deadline")
        with indexes_built_afterwards(cursor, *tables):
            # What the trigger does row by row is done for all of them at once; no key is looked up.
            cursor.execute("SET session_replication_role = replica")
            for statement in (CASES, SPELLS, PROMISES):
                cursor.execute(statement, values)
            cursor.execute("RESET session_replication_role")
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")


def measure(known: dict[str, Any]) -> dict[str, float]:
    """Milliseconds a page takes: the best of many, which is least disturbed by the machine's other work."""
    from datetime import timedelta

    from django.test import Client
    from django.utils import timezone

    client = Client(headers={"host": "localhost"})
    client.force_login(known["company"].administration_head.account)
    last = timezone.localdate()
    days = {"since": (last - timedelta(days=6)).isoformat(), "until": last.isoformat()}
    found = {}
    for name, address in PAGES.items():
        taken = []
        for repeat in range(REPEATS + 2):
            begun = time.perf_counter()
            response = client.get(address, days | ({"span": "own"} if "span" in address else {}))
            if repeat >= 2:
                taken.append(time.perf_counter() - begun)
            assert response.status_code == 200, response.status_code
        found[name] = min(taken) * 1000
    return found


def main() -> None:
    with installation():
        known = prepare()
        fill(known, start=0, count=2 * IN_A_WEEK, since="0 days", spread="14 days", some_open=True)
        fill(known, start=2 * IN_A_WEEK, count=FEW, since="20 days", spread="700 days", some_open=False)
        few = measure(known)
        begun = time.perf_counter()
        fill(known, start=2 * IN_A_WEEK + FEW, count=MANY - FEW, since="20 days", spread="700 days", some_open=False)
        print(f"made {MANY:,} older cases with {2 * MANY:,} promises in {time.perf_counter() - begun:.0f} s")
        many = measure(known)
    print(f"\n{'page':28} {FEW:>12,} {MANY:>12,}   ratio")
    for name, before in few.items():
        print(f"{name:28} {before:>9.1f} ms {many[name]:>9.1f} ms {many[name] / before:>7.2f}")
    ratio = statistics.geometric_mean(many[name] / few[name] for name in few)
    print(f"\nreports with {MANY:,} against {FEW:,} older cases: mean ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
