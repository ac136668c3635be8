"""The demo's presales desk in the messenger: customers write to a service account, colleagues answer some of them.

Customers act in the simulated messenger as by hand; colleagues through the desk's actions.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from django.db import transaction

from postroad.approvals import actions as approvals
from postroad.approvals.models import Step
from postroad.channels.actions import Particulars, apply_for_channel, probe_channel, set_member
from postroad.channels.models import (
    Audience,
    Channel,
    ChannelMember,
    Confidentiality,
    Kind,
    Observability,
    Priority,
    State,
)
from postroad.connectors.simulated import life
from postroad.connectors.simulated.models import Group
from postroad.demo.messenger import KEY as MESSENGER
from postroad.demo.messenger import PLACE
from postroad.desk import actions as desk
from postroad.desk import queries
from postroad.desk.actions import After
from postroad.desk.models import Case
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import DomainError

KEY = "presales-chat"
SERVICE = "presales"
AGENTS = ("QH013", "QH014")
SHORTEST_PAUSE, LONGEST_PAUSE = 45.0, 120.0
# One talk in so many is left for whoever tries the demo.
LEFT_ALONE = 3

CUSTOMERS = (("wm-zhou", "周建国"), ("wm-lin", "林晓雨"), ("wm-guo", "郭师傅·永泰五金"))
# What customers say and what they are told, in turn.
TALKS = (
    ("你们的 QH-200 现在有现货吗？", "您好，有两台现货，付款后三天发出。", "好的，我跟领导汇报一下。"),
    ("能发一份输送线的报价吗？大概 30 米。", "可以，请问工件多重、节拍多少？", "每件 8 公斤，一分钟 12 件。"),
    ("上次买的夹爪想再加两个，还是原来的价吗？", "是的，老客户价格不变，我给您开单。", "谢谢！"),
)


def register_presales(*, actor: Actor) -> bool:
    """The channel with its team, applied for and approved; False if it is there already. The messenger is there."""
    if Channel.objects.filter(key=KEY).exists():
        return False
    people = {one.staff_no: one for one in Person.objects.filter(staff_no__in=("QH001", "QH002", *AGENTS))}
    with transaction.atomic():
        _register(people, actor=actor)
    return True


def _register(people: Mapping[str, Person], *, actor: Actor) -> None:
    head = Channel.objects.get(key="sales").owner
    assert head.department is not None
    channel = apply_for_channel(
        particulars=Particulars(
            key=KEY,
            name="售前咨询（青禾通）",
            name_en="Presales in the messenger",
            kind=Kind.DIRECT,
            purpose="客户在通讯软件里一对一咨询产品与价格。三十分钟内首次答复。",
            priority=Priority.SUPPLEMENTARY,
            owner=head,
            deputy_owner=people["QH013"],
            department=head.department,
            audience=Audience.CUSTOMERS,
            confidentiality=Confidentiality.INTERNAL,
            observability=Observability.API,
            review_on=today().replace(year=today().year + 1, day=1),
            first_reply_minutes=30,
            first_reply_in_working_time=True,
            answer_hours=24,
            address=SERVICE,
            connector="simulated-direct",
            connector_settings={"messenger": MESSENGER},
        ),
        applicant=head,
        actor=head.as_actor(),
    )
    for number in AGENTS:
        set_member(channel=channel, person=people[number], role=ChannelMember.Role.AGENT, capacity=10, actor=actor)
    subject = subject_of(channel)
    for number in ("QH002", "QH001"):
        person = people[number]
        step = Step.objects.get(
            request__subject_type=subject.type, request__subject_id=subject.id, state=Step.State.OPEN
        )
        approvals.approve(step_id=step.pk, person=person, actor=person.as_actor(), comment="同意")


@dataclass(slots=True)
class _Talk:
    """One customer's talk under way: how many of its lines were said, and when the next is due."""

    chat: Group
    user_id: str
    lines: tuple[str, ...]
    left_alone: bool
    said: int = 0
    due: float = 0.0


class MessengerCustomers:
    """Plays customers who write in the messenger and the colleagues who answer them; `step` does what is due."""

    def __init__(self, *, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - theatre, not secrets
        self.talk: _Talk | None = None
        self.next_at = 0.0

    def step(self) -> None:
        channel = Channel.objects.filter(key=KEY).first()
        if channel is None:
            return
        if channel.state == State.APPROVED:
            probe_channel(channel_id=channel.pk)
        elif self.talk is None and monotonic() >= self.next_at:
            self._begin()
        elif self.talk is not None and monotonic() >= self.talk.due and not self._go_on(self.talk, channel):
            self.talk = None
            self.next_at = monotonic() + self.random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)

    def _begin(self) -> None:
        user_id, name = self.random.choice(CUSTOMERS)
        chat = life.begin_chat(life.place_called(PLACE), service_id=SERVICE, user_id=user_id, name=name)
        left_alone = self.random.randrange(LEFT_ALONE) == 0
        self.talk = _Talk(chat, user_id, self.random.choice(TALKS), left_alone)

    def _go_on(self, talk: _Talk, channel: Channel) -> bool:
        """Whether there is more to come."""
        text = talk.lines[talk.said]
        if talk.said % 2 == 0:
            life.say(talk.chat, user_id=talk.user_id, text=text)
        elif talk.left_alone or not self._answer(talk, text, channel):
            return False
        talk.said += 1
        talk.due = monotonic() + self.random.uniform(6, 25)
        return talk.said < len(talk.lines)

    def _answer(self, talk: _Talk, text: str, channel: Channel) -> bool:
        cases = Case.objects.filter(channel=channel, contact__messenger_users__user_id=talk.user_id)
        case = cases.order_by("-opened_at").first()
        agent = Person.objects.get(staff_no=self.random.choice(AGENTS))
        if case is None:
            return False
        try:
            to = queries.direct_recipients(case)
            desk.reply(case=case, text=text, recipients=to, after=After.WAITING, person=case.assignee or agent)
        except DomainError:
            return False  # somebody at the screen was faster
        return True
