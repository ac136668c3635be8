"""The demo's customers say how satisfied they were, and its agents use what is written down: nothing is made up.

Customers answer the questions that Postroad really sent them, by the link in the mail or in their chat.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import timedelta
from queue import Empty, SimpleQueue
from time import monotonic

from django.utils import timezone

from postroad.channels.models import Channel
from postroad.desk import actions as desk
from postroad.desk.models import Case, CaseState
from postroad.knowledge import actions as knowledge
from postroad.knowledge import queries as articles
from postroad.knowledge.models import Use
from postroad.livechat.actions.rating import rate as rate_in_chat
from postroad.livechat.models import Visit
from postroad.org.models import Person
from postroad.platform.actors import subject_of
from postroad.platform.errors import DomainError

LINK = re.compile(r"/rate/([^/\s]+)/")
ASKS = {"customer-service": 1, "web-chat": 0}
"""Where the demo asks, and after how many minutes: sooner than a company would, because nobody waits a day here."""

ANSWERED = 0.7
SCORES, WEIGHTS = (1, 2, 3, 4, 5), (4, 8, 14, 34, 40)
WORDS = {
    1: ("等了很久才有人理，希望改进。",),
    2: ("答复有点慢，问题还没完全解决。", "没有说清楚什么时候能好。"),
    3: ("", "还可以。"),
    4: ("", "谢谢，问题解决了。"),
    5: ("", "回复很快，说得清楚！", "Quick and clear, thank you."),
}
QUIET = timedelta(seconds=40)


def ask_customers(people: Mapping[str, Person]) -> None:
    """Switch the question on where the demo asks."""
    for channel in Channel.objects.filter(key__in=ASKS):
        desk.change_rating_rules(channel=channel, person=people["QH005"], enabled=True, delay_minutes=ASKS[channel.key])


class Raters:
    """Answers the questions that arrived, after a while; `play` does what is due."""

    def __init__(self, *, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - theatre, not secrets
        self.arrived: SimpleQueue[str] = SimpleQueue()
        self.waiting: list[tuple[float, str]] = []

    def take(self, text: str) -> None:
        """A mail of ours reached a customer; called from the mail server's thread."""
        if found := LINK.search(text):
            self.arrived.put(found[1])

    def play(self) -> None:
        while True:
            try:
                token = self.arrived.get_nowait()
            except Empty:
                break
            if self.random.random() < ANSWERED:
                self.waiting.append((monotonic() + self.random.uniform(10, 60), token))
        for one in [one for one in self.waiting if one[0] <= monotonic()]:
            self.waiting.remove(one)
            self._answer_mail(one[1])
        self._finish_chats()
        for visit in Visit.objects.filter(asked_until__gt=timezone.now(), rated__isnull=True).select_related("channel"):
            # Drawn from the chat, so that it is the same at every look.
            if random.Random(visit.pk.int).random() < ANSWERED:  # noqa: S311 - theatre, not secrets
                self._answer_in_chat(visit)

    def _answer_mail(self, token: str) -> None:
        score, words = self._mood()
        try:
            desk.rate(rating=desk.rating_by_token(token), score=score, words=words)
        except DomainError:
            return  # too late, or it was answered by somebody at the screen

    def _answer_in_chat(self, visit: Visit) -> None:
        score, words = self._mood()
        try:
            rate_in_chat(visit=visit, score=score, words=words)
        except DomainError:
            return

    def _mood(self) -> tuple[int, str]:
        [score] = self.random.choices(SCORES, WEIGHTS)
        return score, self.random.choice(WORDS[score])

    def _finish_chats(self) -> None:
        """Colleagues solve chats in which everything has been said."""
        quiet = Case.objects.filter(
            channel__key="web-chat",
            state=CaseState.WAITING,
            assignee__isnull=False,
            last_message_at__lt=timezone.now() - QUIET,
        )
        for case in quiet.select_related("assignee")[:5]:
            assert case.assignee is not None
            try:
                desk.solve(cases=[case], reason="在线解答完毕", person=case.assignee)
            except DomainError:
                continue


def answer_from_articles(case: Case, question: str, person: Person) -> None:
    """An agent looks into the knowledge base before answering, and says afterwards whether it helped."""
    found = articles.suggestions(question, channel_id=case.channel_id, limit=1)
    for article in found:
        subject = subject_of(case)
        knowledge.use(article=article, how=Use.How.TEXT, subject=subject, person=person)
        dice = random.Random(case.pk.int)  # noqa: S311 - theatre, not secrets
        if dice.random() < ANSWERED:
            knowledge.judge(article=article, helped=dice.random() < 0.8, subject=subject, person=person)  # noqa: PLR2004
