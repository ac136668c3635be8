"""The list of cases: how long a page takes at 1,000 and at 1,000,000 cases, for an agent and for who leads the desk.

Measured is the whole answer of the list's view, from the address to the HTML, fifty rows a page, every standing view, a
page far into the list, filters by tag and custom field (some that most cases pass, some that one in a hundred or one in
seven does), saved views, and the side list with its counts. Three in ten cases are active, each case has both its promises.
Quote the ratios: the figures are this machine's. The aim is 1.3 at most for every page of the list. Pages on which there
is less at 1,000 cases than at more say how many lines they had; for those the milliseconds count and not the ratio.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from typing import Any

from scratch import indexes_built_afterwards, installation

FEW = 1_000
MANY = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
CHANNELS = 20
REPEATS = 40
PAGES_IN = 4
TAGS = ("三分之一", "七分之一", "百里挑一", "千里挑一")
VIEWS = ("team", "mine", "unassigned", "due", "waiting", "solved", "all")

# Of a hundred cases in a row: 10 new, 10 open, 10 waiting, 20 solved, 50 closed, in every channel alike; of those worked on
# two thirds are the agent's and a third nobody's. What is to be done falls due between an hour ago and three hours from now.
CASES = """
INSERT INTO desk_case (id, number, channel_id, subject, state, priority, contact_id, assignee_id, automatic, undelivered,
                       next_due_at, opened_at, last_message_at, solved_at, closed_at, closed_reason, tag_ids, field_values)
SELECT uuidv7(make_interval(secs => n - %(last)s)), 10000 + n, (%(channels)s::uuid[])[1 + (n / 100 + n) %% %(channel_count)s],
       '发票 invoice ' || n, state, 'normal', %(contact)s,
       CASE WHEN state IN ('open', 'waiting') THEN (ARRAY[%(agent)s, %(agent)s, NULL]::uuid[])[1 + n %% 3] END,
       false, false,
       CASE WHEN state IN ('new', 'open') THEN now() + make_interval(mins => n %% 240 - 60) ELSE %(never)s END,
       now() + make_interval(secs => n - %(last)s), now() + make_interval(secs => n - %(last)s),
       CASE WHEN state IN ('solved', 'closed') THEN now() END, CASE WHEN state = 'closed' THEN now() END,
       CASE WHEN state = 'closed' THEN 'quiet' ELSE '' END,
       -- Tags: one on a third of the cases, one on a seventh, one on one in 143, one on one in 5,003. None follows the state.
       ARRAY(SELECT tag FROM unnest(%(tags)s::uuid[], ARRAY[3, 7, 143, 5003]) AS one (tag, each) WHERE n %% each = 1),
       CASE WHEN n %% 9 < 4 THEN '{}' ELSE jsonb_build_object('f1', (ARRAY['甲', '乙', '丙', '丁', '戊'])[1 + n %% 11 %% 5],
                                                             'f2', n %% 100003) END
FROM (SELECT n, CASE WHEN n %% 100 < 10 THEN 'new' WHEN n %% 100 < 20 THEN 'open' WHEN n %% 100 < 30 THEN 'waiting'
                     WHEN n %% 100 < 50 THEN 'solved' ELSE 'closed' END AS state
      FROM generate_series(%(first)s::int, %(last)s::int) AS n) AS made
"""
PROMISES = """
INSERT INTO clock_deadline (id, kind, subject_type, subject_id, title, url, amount, started_at, due_at, state, used,
                            counted_from, paused_at, finished_at, warnings, round, look_at, escalations)
SELECT uuidv7(), kind, 'desk.case', one.id::text, '#' || number, '', interval '8 hours', now() - interval '7 hours',
       CASE WHEN running THEN next_due_at + extra ELSE now() END,
       CASE WHEN running THEN 'running' WHEN one.state = 'waiting' THEN 'paused' ELSE 'met' END, interval '0',
       now() - interval '7 hours', CASE WHEN one.state = 'waiting' THEN now() END,
       CASE WHEN one.state IN ('solved', 'closed') THEN now() END, 0, 0, CASE WHEN running THEN next_due_at END, 0
FROM desk_case one, LATERAL (SELECT one.state IN ('new', 'open') AS running) AS r,
     (VALUES ('desk.first-reply', interval '0'), ('desk.answer-24h', interval '16 hours')) AS kinds (kind, extra)
WHERE number > 10000 + %(first)s - 1
"""


def prepare() -> dict[str, Any]:
    from postroad.channels.models import ChannelMember
    from postroad.conversations.tests.factories import make_channel
    from postroad.desk.models import NEVER
    from postroad.org.actions import match_contacts
    from postroad.org.tests.cast import make_company

    company = make_company()
    channels = [make_channel(company, f"queue-{number:02}", name=f"渠道 {number}") for number in range(CHANNELS)]
    ChannelMember.objects.bulk_create(
        ChannelMember(channel=channel, person=company.agent) for channel in channels[: CHANNELS // 2]
    )
    [contact] = match_contacts([("客户", "kunde@customer.test")]).values()
    from postroad.desk import actions
    from postroad.desk.models import CustomField, Tag

    tags = [actions.save_tag(tag=None, name=name, colour="grey", person=company.desk_lead) for name in TAGS]
    for name, kind, choices in (("产品", "choice", ["甲", "乙", "丙", "丁", "戊"]), ("金额", "number", [])):
        actions.save_field(
            field=None, name=name, kind=CustomField.Kind(kind), choices=choices, help_text="", channel=None,
            required_to_solve=False, person=company.desk_lead,
        )  # fmt: skip
    assert Tag.objects.count() == len(TAGS)
    saved = []
    for number, query in enumerate(saved_queries([str(tag.pk) for tag in tags])):
        view = actions.save_view(
            view=None,
            name=f"视图 {number}",
            shared=True,
            query=query,
            columns=["state", "f1", "f2"],
            person=company.desk_lead,
        )
        saved.append(str(view.pk))
    return {
        "tags": [tag.pk for tag in tags],
        "saved": saved,
        "company": company,
        "channels": [channel.pk for channel in channels],
        "channel_count": CHANNELS,
        "contact": contact.pk,
        "agent": company.agent.pk,
        "never": NEVER,
    }


def saved_queries(tags: list[str]) -> list[dict[str, list[str]]]:
    """What the saved views of this desk filter by."""
    common, seventh, rare, rarest = tags
    return [
        {"view": ["team"], "tag": [common]},
        {"view": ["all"], "tag": [seventh], "f1": ["乙"], "sort": ["newest"]},
        {"view": ["unassigned"], "f1": ["甲"], "due": ["today"]},
        {"view": ["all"], "tag": [rare]},
        {"view": ["team"], "tag": [rarest], "assignee": ["nobody"]},
        {"view": ["all"], "f2_from": ["99000"], "f2_to": ["99999"]},
    ]


def fill(known: dict[str, Any], *, first: int, last: int) -> None:
    from django.db import connection

    values = {name: value for name, value in known.items() if name not in {"company", "saved"}}
    values |= {"first": first, "last": last}
    with connection.cursor() as cursor:
        with indexes_built_afterwards(cursor, "desk_case", "clock_deadline"):
            cursor.execute(
                "SET session_replication_role = replica"
            )  # no key is looked up, no spell written: no page reads it
            cursor.execute(CASES, values)
            cursor.execute(PROMISES, values)
            cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE desk_case")
        cursor.execute("VACUUM ANALYZE clock_deadline")


def measure(known: dict[str, Any]) -> dict[str, float]:
    """Milliseconds a page takes, by reader and view: the best of many, which is least disturbed by the machine's other work."""
    from django.test import Client

    found = {}
    for reader in ("agent", "desk_lead"):
        client = Client(headers={"host": "localhost"})
        client.force_login(getattr(known["company"], reader).account)
        for view in VIEWS:
            if view == "mine" and reader == "desk_lead":
                continue
            found[f"{reader}: {view}"] = timed_page(client, {"view": view})
        found[f"{reader}: all, page {PAGES_IN + 1}"] = timed_page(client, deep(client))
        for name, asked in filters(known).items():
            found[f"{reader}: {name}"] = timed_page(client, asked)
        found[f"{reader}: side list, six views"] = timed(client, "/desk/side/", {})[0]
    return found


def filters(known: dict[str, Any]) -> dict[str, dict[str, str]]:
    common, seventh, rare, rarest = (str(tag) for tag in known["tags"])
    return {
        "to do, tag on a third": {"view": "team", "tag": common},
        "all, tag on a seventh": {"view": "all", "tag": seventh},
        "all, tag on 1 in 143": {"view": "all", "tag": rare},
        "to do, tag on 1 in 143": {"view": "team", "tag": rare},
        "all, tag on 1 in 5,003": {"view": "all", "tag": rarest},
        "to do, field one of five": {"view": "team", "f1": "丙"},
        "all, field from-to (1 %)": {"view": "all", "f2_from": "500", "f2_to": "1500"},
        "saved: to do, tag": {"saved": known["saved"][0]},
        "saved: tag and field": {"saved": known["saved"][1]},
        "saved: free, field, due": {"saved": known["saved"][2]},
    }


def deep(client: Any) -> dict[str, str]:
    """The address of a page some pages into the list of all cases."""
    asked = {"view": "all", "sort": "oldest"}
    for _ in range(PAGES_IN):
        answer = client.get("/desk/results/", asked).content.decode()
        [asked["cursor"]] = re.findall(r'rel="next" href="[^"]*cursor=([\w-]+)', answer)
    return asked


def timed_page(client: Any, asked: dict[str, str]) -> float:
    taken, content = timed(client, "/desk/results/", asked)
    lines[str(asked)] = content.count(b"data-row=")
    narrowed = {"tag", "saved", "f1", "f2_from"} & asked.keys()
    assert lines[str(asked)] == 50 or narrowed, (asked, lines[str(asked)])
    return taken


lines: dict[str, int] = {}
"""How many lines each page had when it was last asked for."""


def timed(client: Any, path: str, asked: dict[str, str]) -> tuple[float, bytes]:
    """Milliseconds an answer takes, and the answer: the best of many."""
    taken = []
    for repeat in range(REPEATS + 3):
        begun = time.perf_counter()
        response = client.get(path, asked)
        if repeat >= 3:
            taken.append(time.perf_counter() - begun)
        assert response.status_code == 200, response.status_code
    return min(taken) * 1000, response.content


def main() -> None:
    with installation():
        known = prepare()
        fill(known, first=1, last=FEW)
        few = measure(known)
        few_lines = dict(lines)
        begun = time.perf_counter()
        fill(known, first=FEW + 1, last=MANY)
        print(f"made {MANY:,} cases with {2 * MANY:,} promises in {time.perf_counter() - begun:.0f} s")
        many = measure(known)
    print(f"\n{'page':40} {FEW:>12,} {MANY:>12,}   ratio")
    grown = {name for name in few if comparable(known, name, few_lines)}
    for name, before in few.items():
        told = f"{many[name] / before:>7.2f}" if name in grown else f"{'':7} had fewer lines at {FEW:,}"
        print(f"{name:40} {before:>9.1f} ms {many[name]:>9.1f} ms {told}")
    ratio = statistics.geometric_mean(many[name] / few[name] for name in grown)
    worst = max(many[name] / few[name] for name in grown)
    print(f"\ncase list at {MANY:,} against {FEW:,} cases: mean ratio {ratio:.2f}, worst {worst:.2f}")


def comparable(known: dict[str, Any], name: str, few_lines: dict[str, int]) -> bool:
    """Whether a page was as full at few cases as it is at many."""
    asked = filters(known).get(name.partition(": ")[2])
    return asked is None or few_lines[str(asked)] == lines[str(asked)]


if __name__ == "__main__":
    main()
