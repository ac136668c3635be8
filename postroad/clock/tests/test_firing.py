"""Warnings and misses happen once, whoever races or dies: real connections, real commits."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from postroad.clock import actions, registry
from postroad.clock.models import Deadline, DeadlineEvent
from postroad.clock.registry import DeadlineKind
from postroad.clock.tests.factories import MONDAY, make_deadline

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY + timedelta(hours=2)
Listener = Callable[[Sequence[Deadline]], None]


@pytest.fixture
def kind_with() -> Iterator[Callable[[Listener], DeadlineKind]]:
    """Make a kind whose listener for misses is given, and forget it again."""

    def make(listener: Listener) -> DeadlineKind:
        return DeadlineKind(key="test.fired", title="Fired", warn_at=(), on_miss=listener)

    yield make
    registry._kinds.pop("test.fired", None)


def in_a_connection_of_its_own(work: Callable[[], int]) -> Callable[[], int]:
    def run() -> int:
        try:
            return work()
        finally:
            connection.close()

    return run


def misses() -> Counter[object]:
    return Counter(DeadlineEvent.objects.filter(what="missed").values_list("deadline_id", flat=True))


def test_workers_that_race_fire_each_promise_once(kind_with: Callable[[Listener], DeadlineKind]) -> None:
    heard: Counter[object] = Counter()
    kind = kind_with(lambda deadlines: heard.update(one.pk for one in deadlines))
    expected = Counter(make_deadline(kind=kind, hours=1).pk for _ in range(120))
    together = threading.Barrier(4)

    def fire() -> int:
        together.wait()
        return actions.fire_due(now=LATER, batch=7)

    with ThreadPoolExecutor(4) as pool:
        fired = [pool.submit(in_a_connection_of_its_own(fire)) for _ in range(4)]
        # A worker that finds less than a batch free stops: what another one held then is that one's to finish.
        total = sum(one.result() for one in fired)
    total += actions.fire_due(now=LATER)
    assert (total, misses(), heard) == (120, expected, expected)


def test_what_a_dying_worker_had_begun_is_done_by_another_once(
    kind_with: Callable[[Listener], DeadlineKind],
) -> None:
    inside, killed = threading.Event(), threading.Event()
    heard: list[str] = []
    victim: list[int] = []

    def listen(deadlines: Sequence[Deadline]) -> None:
        if threading.current_thread() is threading.main_thread():
            heard.extend(str(one.pk) for one in deadlines)
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            victim.append(cursor.fetchone()[0])
        inside.set()
        assert killed.wait(30)

    deadlines = [make_deadline(kind=kind_with(listen), hours=1) for _ in range(3)]
    with ThreadPoolExecutor(1) as pool:
        dying = pool.submit(in_a_connection_of_its_own(lambda: actions.fire_due(now=LATER)))
        assert inside.wait(30)
        # While the first worker lives, its promises are not touched by another.
        assert actions.fire_due(now=LATER) == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", victim)
        killed.set()
        with pytest.raises((DatabaseError, ExceptionGroup)):
            dying.result()
    assert misses() == Counter()
    assert actions.fire_due(now=LATER) == 3
    assert misses() == Counter(one.pk for one in deadlines)
    assert sorted(heard) == sorted(str(one.pk) for one in deadlines)


def test_a_promise_met_while_a_worker_looks_is_either_met_or_missed_never_both(
    kind_with: Callable[[Listener], DeadlineKind],
) -> None:
    kind = kind_with(lambda _deadlines: None)
    deadlines = [make_deadline(kind=kind, hours=1) for _ in range(20)]
    together = threading.Barrier(2)

    def fire() -> int:
        together.wait()
        return actions.fire_due(now=LATER, batch=3)

    def meet() -> int:
        together.wait()
        late = LATER - timedelta(minutes=30)
        return sum(len(actions.meet([one.pk], at=late, reason="", actor=actions.CLOCK)) for one in deadlines)

    with ThreadPoolExecutor(2) as pool:
        fired, met = (pool.submit(in_a_connection_of_its_own(work)) for work in (fire, meet))
        fired.result()
        assert met.result() == 20
    assert misses() == Counter(one.pk for one in deadlines)
    assert set(Deadline.objects.values_list("state", "finished_at")) == {("missed", LATER - timedelta(minutes=30))}
