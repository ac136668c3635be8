"""The archive's search page: time to the newest 25 hits among few and among many messages.

Messages are short, half Chinese and half English, on ten channels; words follow a steep distribution, as in real text.
What counts is the ratio between the two sizes: a list should cost the same however much there is.
"""

from __future__ import annotations

import bisect
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import accumulate

from scratch import installation

SIZES = (1_000, int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
RUNS = 200
CHANNELS = 10
CHUNK = 5_000


class Words:
    """A vocabulary in which the first words are common and the last rare (Zipf)."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.weights = list(accumulate(1 / (rank + 1) for rank in range(len(words))))

    def pick(self, chance: random.Random) -> str:
        return self.words[bisect.bisect(self.weights, chance.random() * self.weights[-1])]


def vocabularies(chance: random.Random) -> tuple[Words, Words]:
    letters = "abcdefghiklmnoprstuvw"
    english = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(20_000)]
    chinese = [
        "".join(chr(0x4E00 + chance.randrange(3_000)) for _ in range(chance.choice((1, 2, 2, 2, 3))))
        for _ in range(20_000)
    ]
    return Words(english), Words(chinese)


def fill(channels: list[object], english: Words, chinese: Words, *, start: int, end: int) -> None:
    """Messages as intake stores them, without the mail around them."""
    from django.db import transaction

    from postroad.conversations.actions.storing import searchable
    from postroad.conversations.models import Conversation, Direction, Message
    from postroad.platform.bulk import insert_many

    chance = random.Random(start)
    now = datetime.now(UTC)
    for chunk in range(start, end, CHUNK):
        with transaction.atomic():
            conversations = [
                Conversation(channel=chance.choice(channels), subject="", last_message_at=now)
                for _ in range(CHUNK // 5)
            ]
            insert_many(conversations)
            messages = []
            for number in range(chunk, min(chunk + CHUNK, end)):
                conversation = chance.choice(conversations)
                words = (
                    "".join(chinese.pick(chance) for _ in range(18))
                    if number % 2
                    else " ".join(english.pick(chance) for _ in range(14))
                )
                message = Message(
                    conversation=conversation, channel=conversation.channel, direction=Direction.IN, external_id=f"{number}",
                    sender_name="客户", sender_address=f"customer{number % 5_000}@outside.test", text=words,
                    received_at=now, digest=b"",
                )  # fmt: skip
                message.search = searchable(message, [])
                messages.append(message)
            insert_many(messages)


def questions(
    english: Words, chinese: Words, channel: object
) -> Iterator[tuple[str, Callable[[random.Random], object]]]:
    from postroad.archive.queries import Wanted

    def phrase(chance: random.Random) -> Wanted:
        return Wanted(words="".join(chinese.words[chance.randrange(40)] for _ in range(2)))

    yield (
        "common Chinese word",
        lambda chance: Wanted(
            words=next(one for one in iter(lambda: chinese.words[chance.randrange(60)], "") if len(one) > 1)
        ),
    )
    yield "any Chinese word", lambda chance: Wanted(words=chinese.pick(chance))
    yield "any English word", lambda chance: Wanted(words=english.pick(chance))
    yield "rare English word", lambda chance: Wanted(words=english.words[-chance.randrange(1, 2_000)])
    yield "two words", lambda chance: Wanted(words=f"{english.pick(chance)} {english.pick(chance)}")
    yield "Chinese phrase", phrase
    yield "word on one channel", lambda chance: Wanted(words=english.pick(chance), channel=channel)
    yield "sender's address", lambda chance: Wanted(words=f"customer{chance.randrange(5_000)}@outside.test")
    yield "one channel, no words", lambda chance: Wanted(channel=channel)


def measure(person: object, wanted: Callable[[random.Random], object]) -> tuple[float, float]:
    """Median and 99th percentile of a page, in milliseconds."""
    from postroad.archive.queries import hits, page

    chance, times = random.Random(3), []
    for _ in range(RUNS):
        asked = wanted(chance)
        begun = time.perf_counter()
        hits(page(person, asked, cursor=None).items, asked.words)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def main() -> None:
    with installation():
        from django.db import connection

        from postroad.conversations.tests.factories import make_channel
        from postroad.org.tests.cast import make_company

        company = make_company()
        channels = [make_channel(company, f"channel-{number}") for number in range(CHANNELS)]
        english, chinese = vocabularies(random.Random(1))
        results: dict[str, list[tuple[float, float]]] = {}
        filled = 0
        for size in SIZES:
            fill(channels, english, chinese, start=filled, end=size)
            filled = size
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE) conversations_message")
            for name, wanted in questions(english, chinese, channels[3]):
                results.setdefault(name, []).append(measure(company.auditor, wanted))
        print(
            f"milliseconds to the newest hits, median / p99       {SIZES[0]:>12,}   {SIZES[1]:>12,}   ratio of medians"
        )
        for name, [(few, few_99), (many, many_99)] in results.items():
            print(f"{name:50} {few:6.1f} /{few_99:6.1f} {many:7.1f} /{many_99:6.1f}   {many / few:6.1f}")


if __name__ == "__main__":
    main()
