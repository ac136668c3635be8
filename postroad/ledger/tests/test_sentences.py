"""Every event that any package registered can be told, in both languages, with the same facts."""

from collections import defaultdict

from django.utils.translation import override

from postroad.ledger import registry
from postroad.ledger.models import Entry


class Sample(defaultdict):
    """Stands for any value of an entry's data, a before/after pair included."""

    def __init__(self):
        super().__init__(Sample)

    def __str__(self):
        return "✓"

    def __format__(self, spec):
        return format(str(self), spec)


def sentence(event: str, language: str) -> str:
    with override(language):
        return registry.sentence_of(event)


def test_every_sentence_can_be_told_in_both_languages():
    assert len(registry.events()) >= 20
    for event in registry.events():
        for language in ("en", "zh-hans"):
            told = sentence(event, language).format_map(Sample())
            assert told.strip(), event
            assert "{" not in told, event


def test_every_sentence_is_translated_and_tells_the_same_facts():
    for event in registry.events():
        english, chinese = sentence(event, "en"), sentence(event, "zh-hans")
        assert chinese != english, f"{event} has no Chinese sentence"
        assert registry.placeholders(chinese) == registry.placeholders(english), event


def test_every_event_is_named_by_the_grammar():
    for event in registry.events():
        package, noun, verb = event.split(".")
        assert package
        assert noun
        assert verb


def test_a_label_leaves_the_facts_open():
    with override("en"):
        assert registry.label_of("ledger.export.written") == ("… exported the evidence: … entries under the root …")


def test_moments_and_codes_in_evidence_are_told_in_words_and_sealed_as_they_are(db):
    entry = Entry(
        event="clock.deadline.started",
        actor_label="desk",
        data={"kind": "approvals.step", "due_at": "2026-11-24T13:15:09.799414+00:00"},
    )
    with override("en"):
        assert "2026-11-24 21:15:09" in entry.sentence
        assert "approvals.step" not in entry.sentence
    assert entry.data["kind"] == "approvals.step"
