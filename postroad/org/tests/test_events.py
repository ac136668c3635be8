import pytest
from django.utils import translation

from postroad.ledger.queries import history_of
from postroad.ledger.registry import tell
from postroad.org import actions
from postroad.org.events import SENTENCES, Event
from postroad.org.models import today
from postroad.org.personal import PersonalField
from postroad.org.roles import Role
from postroad.platform.actors import Actor


def test_every_event_has_its_sentence_in_both_languages():
    assert set(SENTENCES) == set(Event)
    for event in Event:
        told = {}
        for language in ("en", "zh-hans"):
            with translation.override(language):
                told[language] = tell(event, actor="钱雪", data={})
        assert "钱雪" in told["en"]
        assert told["en"] != told["zh-hans"], event


@pytest.mark.parametrize(
    ("language", "role", "fields"),
    [("zh-hans", "客服专员", "职务、电话"), ("en", "Service agent", "Job title, Telephone")],
)
def test_history_speaks_of_roles_and_fields_in_the_readers_words(company, language, role, fields):
    actions.open_post(person=company.stranger, role=Role.AGENT, starts_on=today(), actor=Actor.system("test"))
    actions.update_person(
        person=company.stranger,
        title="专员",
        personal={PersonalField.PHONE: "13800000001"},
        actor=company.hr.as_actor(),
    )
    with translation.override(language):
        told = " ".join(entry.sentence for entry in history_of(company.stranger))
    assert role in told
    assert fields in told
    assert "13800000001" not in told
