"""The demo's telephone system: customers call the hotline; colleagues pick up, miss, and call back. It tells of each
call as real ones do: signed events, one after the other.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.utils import timezone

from postroad.channels.models import Channel, State
from postroad.demo.cast import CUSTOMERS
from postroad.hotline import actions, queries
from postroad.hotline.models import Line
from postroad.hotline.signing import sign
from postroad.org.actions import create_organisation, match_contacts, update_contact
from postroad.org.models import Organisation, Person
from postroad.org.personal import PersonalField
from postroad.platform.actors import Actor
from postroad.platform.ids import new_id

HOTLINE = "hotline"
EXTENSIONS = {"6001": "QH006", "6002": "QH007", "6003": "QH005"}
# Who calls; the last two are nobody we know.
NUMBERS = {f"1391000{place:04}": customer for place, customer in enumerate(CUSTOMERS[:7])}
STRANGERS = ("13700001111", "021-60001234")
MOST_UNDER_WAY = 2
SHORTEST_PAUSE, LONGEST_PAUSE = 25.0, 70.0
SETUP = Actor.system("demo")


@dataclass(slots=True)
class _Scene:
    """A call under way: what is told next, and when."""

    call: str
    steps: Iterator[tuple[float, dict[str, str | int]]]
    due: float
    told: dict[str, str | int]
    sequence: int = 0


class Telephone:
    """Tells of calls when `play` is called, again and again."""

    def __init__(self, *, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - theatre, not secrets
        self.scenes: list[_Scene] = []
        self.to_call_back: list[tuple[float, str]] = []
        self.next_call = 0.0

    def play(self) -> int:
        """Tells what is due; returns how many events. Nothing before the hotline is in service."""
        line = connected_line()
        if line is None:
            return 0
        self._begin()
        return sum(self._go_on(line, scene) for scene in list(self.scenes) if scene.due <= monotonic())

    def _begin(self) -> None:
        now = monotonic()
        for due, number in [one for one in self.to_call_back if one[0] <= now]:
            self.to_call_back.remove((due, number))
            self._open(self._calling_back(number))
        if now >= self.next_call and len(self.scenes) < MOST_UNDER_WAY:
            self.next_call = now + self.random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)
            self._open(self._calling_us(self.random.choice([*NUMBERS, *STRANGERS])))

    def _open(self, steps: Iterator[tuple[float, dict[str, str | int]]]) -> None:
        wait, told = next(steps)
        self.scenes.append(_Scene(call=f"demo-{new_id().hex[:16]}", steps=steps, due=monotonic() + wait, told=told))

    def _go_on(self, line: Line, scene: _Scene) -> int:
        scene.sequence += 1
        tell(line, scene.call, scene.sequence, scene.told, at=timezone.now())
        following = next(scene.steps, None)
        if following is None:
            self.scenes.remove(scene)
        else:
            wait, scene.told = following
            scene.due = monotonic() + wait
        return 1

    def _calling_us(self, number: str) -> Iterator[tuple[float, dict[str, str | int]]]:
        """Two calls of three are picked up; of the others most are called back, some are left for the visitor."""
        extension = self.random.choice(list(EXTENSIONS))
        yield 0, {"type": "ringing", "from": number, "extension": extension}
        if self.random.random() < 2 / 3:
            yield self.random.uniform(6, 16), {"type": "answered", "extension": extension}
            if self.random.random() < 1 / 6:
                yield (
                    self.random.uniform(10, 20),
                    {"type": "transferred", "extension": self.random.choice(list(EXTENSIONS))},
                )
            yield self.random.uniform(30, 90), {"type": "hungup"}
            return
        if self.random.random() < 1 / 3:
            seconds = self.random.randrange(15, 50)
            yield self.random.uniform(18, 25), {"type": "voicemail", "seconds": seconds}
        yield self.random.uniform(15, 25), {"type": "hungup"}
        if self.random.random() < 2 / 3:
            self.to_call_back.append((monotonic() + self.random.uniform(60, 300), number))

    def _calling_back(self, number: str) -> Iterator[tuple[float, dict[str, str | int]]]:
        extension = self.random.choice(list(EXTENSIONS))
        yield 0, {"type": "ringing", "direction": "out", "to": number, "extension": extension}
        if self.random.random() < 4 / 5:
            yield self.random.uniform(5, 12), {"type": "answered", "direction": "out", "extension": extension}
            yield self.random.uniform(30, 80), {"type": "hungup", "direction": "out"}
        else:
            yield 20, {"type": "missed", "direction": "out"}


def tell(line: Line, call: str, sequence: int, told: dict[str, str | int], *, at: datetime) -> None:
    """One event, signed, through the door that real telephone systems use."""
    event = {"id": f"{call}/{sequence}", "call": call, "at": at.isoformat(), "sequence": sequence} | told
    now = timezone.now()
    body, timestamp = json.dumps(event).encode(), str(int(now.timestamp()))
    signature = sign(queries.secrets_of(line, now=now)[0], timestamp=timestamp, body=body)
    actions.receive(line=line, timestamp=timestamp, signature=signature, body=body)


def connected_line() -> Line | None:
    """The demo's hotline, connected when it is in service for the first time, with the calls of this morning."""
    channel = Channel.objects.filter(key=HOTLINE, state=State.LIVE).first()
    if channel is None:
        return None
    if line := queries.line_of(channel):
        return line
    with transaction.atomic():
        _introduce_customers()
        for number, staff_no in EXTENSIONS.items():
            person = Person.objects.get(staff_no=staff_no)
            actions.set_extension(channel=channel, number=number, person=person, actor=SETUP)
        actions.change_secret(channel=channel, at_once=False, actor=SETUP)
    line = queries.line_of(channel)
    assert line
    _tell_of_this_morning(line)
    return line


def _introduce_customers() -> None:
    """Customers who call are known by their numbers."""
    contacts = match_contacts((one.name, one.address) for one in NUMBERS.values())
    for number, customer in NUMBERS.items():
        organisation = Organisation.objects.filter(name=customer.organisation).first() or create_organisation(
            name=customer.organisation, actor=SETUP
        )
        update_contact(
            contact=contacts[customer.address],
            organisation=organisation,
            personal={PersonalField.PHONE: number},
            actor=SETUP,
        )


def _tell_of_this_morning(line: Line) -> None:
    """A dozen calls of the last hours, so that lists and figures have something to show from the start."""
    now, numbers = timezone.now(), list(NUMBERS)
    for place in range(12):
        began = now - timedelta(minutes=200 - 16 * place)
        number, extension = numbers[place % len(numbers)], list(EXTENSIONS)[place % len(EXTENSIONS)]
        call = f"morning-{new_id().hex[:12]}"
        tell(line, call, 1, {"type": "ringing", "from": number, "extension": extension}, at=began)
        if place % 4 != 3:  # noqa: PLR2004 - every fourth is missed
            picked_up = began + timedelta(seconds=8 + place)
            tell(line, call, 2, {"type": "answered", "extension": extension}, at=picked_up)
        tell(line, call, 3, {"type": "hungup"}, at=began + timedelta(seconds=30 + 11 * place))
