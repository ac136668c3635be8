"""The demo's web site: visitors chat with the company, and colleagues at the desk answer some of them.

What visitors do goes through the same actions as their browsers' requests; what colleagues do, through the desk's.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

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
from postroad.demo.cast import CUSTOMERS
from postroad.desk import actions as desk
from postroad.desk.models import Case
from postroad.livechat import actions as livechat
from postroad.livechat.models import Visit
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import DomainError
from postroad.platform.ids import new_id

KEY = "web-chat"
AGENTS = ("QH006", "QH007")
MOST_AT_ONCE = 3
# One visitor in so many is left for whoever tries the demo.
LEFT_ALONE = 4
SHORTEST_PAUSE, LONGEST_PAUSE = 30.0, 90.0

# What visitors say and what they are told, in turn.
TALKS = (
    (
        "你好，QH-200 机械臂的最大负载是多少？",
        "您好！QH-200 额定负载 20 公斤，短时 25 公斤。",
        "明白了，谢谢！",
        "不客气，祝您工作顺利。",
    ),
    (
        "请问春节期间能安排现场维修吗？",
        "可以，春节期间有值班工程师，请提供设备编号。",
        "编号是 QH20-0371，谢谢。",
        "已登记，工程师会提前一天联系您。",
    ),
    (
        "我想查一下上周订单的发货时间。",
        "请您稍等，我查一下。",
        "好的，订单号 88231。",
        "该订单今天下午发出，预计后天到。",
    ),
    (
        "控制柜报警 E-17 是什么意思？",
        "E-17 表示急停回路断开，请先检查门禁开关。",
        "是门没关好，已经好了。",
        "太好了，有问题随时联系我们。",
    ),
    (
        "Do you ship spare parts to Germany?",
        "Yes, we do; it takes five to seven days.",
        "Great, thank you.",
        "You are welcome!",
    ),
)


def register_chat(people: Mapping[str, Person], *, actor: Actor) -> None:
    """The company's live chat, applied for, approved, with its mailbox and its team; a second call does nothing."""
    if Channel.objects.filter(key=KEY).exists():
        return
    head, lead = people["QH005"], people["QH006"]
    assert head.department is not None
    channel = apply_for_channel(
        particulars=Particulars(
            key=KEY,
            name="官网在线客服",
            name_en="Web site chat",
            kind=Kind.LIVE_CHAT,
            purpose="官网访客的咨询与报修。三十分钟内首次答复。",
            priority=Priority.MUST_USE,
            owner=head,
            deputy_owner=lead,
            department=head.department,
            audience=Audience.CUSTOMERS,
            confidentiality=Confidentiality.INTERNAL,
            observability=Observability.API,
            review_on=today().replace(year=today().year + 1, day=1),
            first_reply_minutes=30,
            first_reply_in_working_time=True,
            answer_hours=24,
            connector="webchat",
        ),
        applicant=head,
        actor=head.as_actor(),
    )
    for number in AGENTS:
        set_member(channel=channel, person=people[number], role=ChannelMember.Role.AGENT, capacity=10, actor=actor)
    set_member(channel=channel, person=head, role=ChannelMember.Role.LEAD, capacity=10, actor=actor)
    subject = subject_of(channel)
    for person in (people["QH002"], people["QH001"]):
        step = Step.objects.get(
            request__subject_type=subject.type, request__subject_id=subject.id, state=Step.State.OPEN
        )
        approvals.approve(step_id=step.pk, person=person, actor=person.as_actor(), comment="同意")
    mailbox = Channel.objects.get(key="customer-service")
    livechat.change_settings(channel=channel, values={"mailbox": mailbox}, person=head)
    desk.save_canned(
        answer=None,
        title="问候",
        text="{name}，您好！我是客服{agent}，请问有什么可以帮您？",
        channel=channel,
        person=head,
    )


@dataclass(slots=True)
class _Talk:
    """One visitor's talk under way: how many of its lines were said, and when the next is due."""

    visit: Visit
    lines: tuple[str, ...]
    left_alone: bool
    said: int = 0
    due: float = 0.0


class Visitors:
    """Plays visitors and the colleagues who answer them; `step` does what is due."""

    def __init__(self, *, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - theatre, not secrets
        self.talks: list[_Talk] = []
        self.next_at = 0.0

    def step(self) -> None:
        channel = Channel.objects.select_related("chat_settings").filter(key=KEY).first()
        if channel is None:
            return
        if channel.state == State.APPROVED:
            probe_channel(channel_id=channel.pk)
            return
        agents = list(Person.objects.filter(staff_no__in=AGENTS).order_by("staff_no"))
        for agent in agents:
            desk.show_up(person=agent)
        if len(self.talks) < MOST_AT_ONCE and monotonic() >= self.next_at:
            self._come(channel)
        livechat.visitors_are_there([talk.visit.pk for talk in self.talks])
        for talk in list(self.talks):
            if monotonic() >= talk.due:
                self._go_on(talk, agents)

    def _come(self, channel: Channel) -> None:
        customer = self.random.choice(CUSTOMERS)
        lines = self.random.choice([one for one in TALKS if one[0].isascii() == (customer.language == "en")])
        mail = customer.address if self.random.random() < 0.7 else ""  # noqa: PLR2004 - most leave one
        try:
            visit, _token = livechat.start(channel=channel, name=customer.name, mail=mail, agreed=True)
        except DomainError:
            return
        self.talks.append(_Talk(visit, lines, left_alone=self.random.randrange(LEFT_ALONE) == 0))
        self.next_at = monotonic() + self.random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)

    def _go_on(self, talk: _Talk, agents: list[Person]) -> None:
        text = talk.lines[talk.said]
        try:
            if talk.said % 2 == 0:
                livechat.post(visit=talk.visit, client_id=new_id().hex, text=text)
            elif not self._answer(talk, text, agents):
                self.talks.remove(talk)
                return
        except DomainError:
            self.talks.remove(talk)
            return
        talk.said += 1
        talk.due = monotonic() + self.random.uniform(4, 20)
        if talk.said == len(talk.lines):
            self.talks.remove(talk)

    def _answer(self, talk: _Talk, text: str, agents: list[Person]) -> bool:
        """A colleague answers, unless the talk is left for somebody at the screen."""
        talk.visit.refresh_from_db()
        case = Case.objects.filter(
            links__conversation=talk.visit.conversation_id, links__until_message_id__isnull=True
        ).first()
        if case is None or talk.left_alone or not agents:
            return False
        agent = case.assignee if case.assignee in agents else self.random.choice(agents)
        livechat.agent_types(visit=talk.visit, person=agent)
        desk.chat(case=case, text=text, person=agent)
        return True
