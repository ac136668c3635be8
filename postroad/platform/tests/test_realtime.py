from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from postroad.platform import realtime
from postroad.platform.models import LiveEvent


@pytest.fixture
def _example_topic(monkeypatch):
    monkeypatch.setattr(realtime, "_guards", {})
    realtime.register_topic("example", lambda user, topic: user == "mary")


@pytest.mark.usefixtures("_example_topic")
@pytest.mark.django_db(transaction=True)
def test_a_hint_is_heard_after_commit_and_never_on_rollback():
    with psycopg.connect(
        **{
            key: value
            for key, value in connection.get_connection_params().items()
            if key in {"host", "user", "dbname", "port", "password"}
        },
        autocommit=True,
    ) as listener:
        listener.execute(f"LISTEN {realtime.CHANNEL}")
        with transaction.atomic():
            realtime.publish("example.1", "example.2")
            assert not list(listener.notifies(timeout=0.2))
        heard = [note.payload.split(" ")[1] for note in listener.notifies(timeout=1, stop_after=2)]
        assert heard == ["example.1", "example.2"]
        with pytest.raises(RuntimeError), transaction.atomic():
            realtime.publish("example.3")
            raise RuntimeError
        assert not list(listener.notifies(timeout=0.2))


@pytest.mark.usefixtures("_example_topic")
def test_only_whom_the_guard_admits_may_listen():
    assert realtime.may_listen("mary", "example")
    assert realtime.may_listen("mary", "example.deep.topic")
    assert not realtime.may_listen("john", "example")
    assert not realtime.may_listen("mary", "examples")
    assert realtime.allowed_topics("mary", ["example.1", "other"]) == ["example.1"]


@pytest.mark.usefixtures("_example_topic")
@pytest.mark.django_db
def test_a_topic_nobody_registered_is_an_error_not_silence():
    with pytest.raises(LookupError, match="unheard"):
        realtime.publish("unheard.of")
    with pytest.raises(LookupError, match="twice"):
        realtime.register_topic("example", lambda user, topic: True)


@pytest.mark.usefixtures("_example_topic")
@pytest.mark.django_db
def test_hints_are_forgotten_after_an_hour():
    realtime.publish("example.old", "example.new")
    LiveEvent.objects.filter(topic="example.old").update(at=timezone.now() - timedelta(hours=2))
    assert realtime.forget_old_events() == 1
    assert LiveEvent.objects.get().topic == "example.new"
