"""To whom new cases go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.channels.models import Channel, ChannelMember, Kind
from postroad.conversations.actions import intake
from postroad.conversations.tests.factories import incoming
from postroad.desk import actions, queries
from postroad.desk.models import Case, Language, Queue, Rule, Skill, Turn
from postroad.desk.routing import Seat, Wanted, choose, language_of
from postroad.desk.tests.factories import MONDAY_TEN, mail, make_desk
from postroad.ledger.models import Entry
from postroad.ledger.queries import history_of
from postroad.org.tests.cast import make_company, sign_in
from postroad.platform.errors import Invalid

HOUR = timedelta(hours=1)


def route(channel, *rules: Rule) -> Queue:
    return Queue.objects.update_or_create(channel=channel, defaults={"routing": [rule.value for rule in rules]})[0]


def seats(*loads: int, capacity: int = 5) -> list[Seat]:
    return [Seat(uuid4(), f"E{number}", capacity, load) for number, load in enumerate(loads)]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(1, 40))
def test_turns_go_round_whatever_else_people_have_to_do(loads: list[int], cases: int) -> None:
    team = seats(*loads, capacity=1000)
    given_to: list[UUID] = []
    for _ in range(cases):
        choice = choose([Rule.ROUND_ROBIN], team, Wanted())
        assert choice.seat
        queries.give(choice, team)
        given_to.append(choice.seat.person_id)
    counted = Counter(given_to)
    assert max(counted.values()) - min(counted.get(seat.person_id, 0) for seat in team) <= 1


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), max_size=6))
def test_nobody_gets_more_than_they_have_room_for(team: list[tuple[int, int]]) -> None:
    people = [Seat(uuid4(), str(number), capacity, load) for number, (load, capacity) in enumerate(team)]
    for rule in (Rule.ROUND_ROBIN, Rule.LEAST_BUSY):
        choice = choose([rule], people, Wanted())
        assert (choice.seat is None) == (not any(one.has_room for one in people))
        assert choice.seat is None or choice.seat.has_room


def test_rules_are_tried_in_order_and_what_asked_in_vain_is_told() -> None:
    team = seats(5, 1)
    manager, skill = team[0].person_id, uuid4()
    rules = [Rule.ACCOUNT_MANAGER, Rule.LAST_AGENT, Rule.SKILL, Rule.LEAST_BUSY]
    choice = choose(rules, team, Wanted(manager=manager, skills=frozenset({skill})))
    assert (choice.seat, choice.rule) == (team[1], Rule.LEAST_BUSY)
    assert choice.passed == (Rule.ACCOUNT_MANAGER, Rule.SKILL)
    team[1].skills = frozenset({skill})
    assert choose(rules, team, Wanted(skills=frozenset({skill}))).rule == Rule.SKILL


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("发票什么时候寄到？", Language.CHINESE),
        ("Where is my invoice?", Language.ENGLISH),
        ("Где мой счёт?", Language.OTHER),
        ("12345", None),
    ],
)
def test_the_language_of_a_message(text: str, language: Language | None) -> None:
    assert language_of(text) == language


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
class TestHandingOut:
    def test_turn_by_turn_goes_on_where_it_stopped(self, company, channel):
        route(channel, Rule.ROUND_ROBIN)
        got = [mail(channel).assignee for _ in range(5)]
        assert got == [got[0], got[1], got[0], got[1], got[0]]
        assert got[0] != got[1]
        assert sorted(Turn.objects.values_list("number", flat=True)) == [3, 4]

    def test_a_skill_is_asked_for_and_its_lack_is_on_record(self, company, channel):
        route(channel, Rule.SKILL, Rule.LEAST_BUSY)
        english = Skill.objects.create(name="英语", language=Language.ENGLISH)
        english.people.add(company.agent2)
        case = mail(channel, subject="Invoice", text="Where is my invoice, please?")
        assert case.assignee == company.agent2
        ChannelMember.objects.filter(person=company.agent2).update(capacity=1)
        other = mail(channel, subject="Invoice again", text="Where is my other invoice?")
        assert other.assignee == company.agent
        assert history_of(other).filter(event="desk.case.routed-around").exists()

    def test_outside_hours_nobody_gets_a_case_until_the_desk_opens(self, company, channel, clock):
        route(channel, Rule.ROUND_ROBIN)
        clock.move_to(MONDAY_TEN + 12 * HOUR)
        case = mail(channel, received_at=MONDAY_TEN + 12 * HOUR)
        assert case.assignee is None
        assert actions.hand_out_waiting() == 0
        clock.move_to(MONDAY_TEN + 24 * HOUR)
        assert actions.hand_out_waiting() == 1
        case.refresh_from_db()
        assert case.assignee in {company.agent, company.agent2}
        assert set(case_promises(case)) == {case.assignee_id}

    def test_what_somebody_put_back_stays_in_the_queue(self, company, channel):
        route(channel, Rule.ROUND_ROBIN)
        case = mail(channel)
        actions.take(case=case, person=case.assignee)
        actions.assign(cases=[case], assignee=company.agent2, person=company.agent)
        actions.assign(cases=[case], assignee=None, person=company.agent)
        assert actions.hand_out_waiting() == 0

    def test_handing_out_costs_the_same_for_few_and_for_many(self, channel):
        route(channel, Rule.ACCOUNT_MANAGER, Rule.LAST_AGENT, Rule.SKILL, Rule.ROUND_ROBIN)
        mail(channel)
        spent = []
        for count in (2, 12):
            with CaptureQueriesContext(connection) as queried:
                intake([incoming(channel, received_at=MONDAY_TEN) for _ in range(count)])
            spent.append(len(queried))
        assert spent[0] == spent[1]

    def test_a_rule_behind_one_that_always_finds_somebody_is_refused(self, company, channel):
        with pytest.raises(Invalid):
            actions.set_routing(channel=channel, rules=[Rule.LEAST_BUSY, Rule.SKILL], person=company.desk_lead)

    def test_the_page_tries_rules_without_saving_and_then_saves(self, client, company, channel):
        case = mail(channel)
        browser = sign_in(client, company.desk_lead)
        url = reverse("desk:routing", args=[channel.key])
        tried = browser.post(url, {"rule1": "round-robin", "do": "try"})
        assert f"#{case.number}" in tried.content.decode()
        assert queries.queue_of(channel).routing == []
        assert browser.post(url, {"rule1": "last-agent", "rule2": "round-robin"}).status_code == 302
        assert Queue.objects.get(channel=channel).routing == ["last-agent", "round-robin"]
        assert history_of(channel).filter(event="desk.routing.changed").count() == 1
        assert browser.post(url, {"rule1": "round-robin", "rule2": "skill"}).status_code == 422

    def test_skills_are_written_down_changed_and_removed(self, client, company, channel):
        browser = sign_in(client, company.desk_lead)
        given = {"name": "英语", "language": "en", "people": [str(company.agent.pk)], "words": "invoice"}
        assert browser.post(reverse("desk:skill_new"), given).status_code == 302
        skill = Skill.objects.get()
        assert "英语" in browser.get(reverse("desk:skills")).content.decode()
        assert browser.get(reverse("desk:skill_edit", args=[skill.pk])).status_code == 200
        assert browser.post(reverse("desk:skill_remove", args=[skill.pk])).status_code == 302
        assert not Skill.objects.exists()


def case_promises(case: Case) -> list[UUID | None]:
    return [one.deadline.responsible_id for one in queries.promises_of(case)]


def at_once(*works: Callable[[], object]) -> None:
    """Workers who begin at the same moment, each on a connection of its own."""
    together = Barrier(len(works))

    def worker(work: Callable[[], object]) -> None:
        try:
            together.wait()
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        for one in [pool.submit(worker, work) for work in works]:
            one.result()


def given_out() -> list[int]:
    """How many cases each person has; every case that somebody has was handed out once."""
    routed = Entry.objects.filter(event__in=("desk.case.routed", "desk.case.routed-around"))
    given = Case.objects.filter(assignee__isnull=False)
    assert sorted(routed.values_list("subject_id", flat=True)) == sorted(str(case.pk) for case in given)
    return sorted(Counter(given.values_list("assignee", flat=True)).values())


@pytest.mark.django_db(transaction=True)
class TestTwoWorkersAtOnce:
    """The desk is open (Monday at ten), and both agents are there."""

    @pytest.fixture(autouse=True)
    def open_desk(self, clock):
        self.company = make_company()
        self.channel = make_desk(self.company)
        for person in (self.company.agent, self.company.agent2):
            actions.show_up(person=person, away=False)

    def chat(self, key: str) -> Channel:
        """A live chat of which nobody has said how it hands out, so that it has no queue of its own."""
        return make_desk(self.company, key, kind=Kind.LIVE_CHAT, connector="webchat", address="")

    def come_in(self, channel: Channel, *batches: int) -> Callable[[], None]:
        def take_in() -> None:
            for size in batches:
                intake([incoming(channel, received_at=MONDAY_TEN) for _ in range(size)])

        return take_in

    def test_keep_the_turns_fair(self) -> None:
        ChannelMember.objects.create(channel=self.channel, person=self.company.owner)
        route(self.channel, Rule.ROUND_ROBIN)
        batches = (1, 2, 3, 1) * 3
        at_once(self.come_in(self.channel, *batches), self.come_in(self.channel, *batches))
        counted = given_out()
        assert (len(counted), sum(counted)) == (3, 2 * sum(batches))
        assert max(counted) - min(counted) <= 1

    def test_give_nobody_more_chats_than_they_have_room_for(self) -> None:
        chat = self.chat("web-chat")
        ChannelMember.objects.filter(channel=chat).update(capacity=7)
        at_once(self.come_in(chat, *[1] * 12), self.come_in(chat, *[1] * 12))
        assert given_out() == [7, 7]
        assert not Queue.objects.exists()

    def test_count_room_over_all_channels(self) -> None:
        chats = [self.chat("web-chat"), self.chat("shop-chat")]
        ChannelMember.objects.filter(channel__in=chats).update(capacity=7)
        at_once(*(self.come_in(chat, *[1] * 12) for chat in chats))
        assert given_out() == [7, 7]

    def test_give_what_waited_once(self) -> None:
        chat = self.chat("web-chat")
        ChannelMember.objects.filter(channel=chat).update(capacity=0)
        self.come_in(chat, 30)()
        assert given_out() == []
        ChannelMember.objects.filter(channel=chat).update(capacity=11)
        at_once(actions.hand_out_waiting, actions.hand_out_waiting, self.come_in(chat, *[1] * 4))
        actions.hand_out_waiting()
        assert given_out() == [11, 11]
