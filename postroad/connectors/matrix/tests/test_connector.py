"""What needs no homeserver: settings, tokens, addresses of rooms, the registration file."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from postroad.cli import main
from postroad.connectors.matrix.connector import Matrix
from postroad.connectors.matrix.rooms import alias_localpart
from postroad.messengers.protocol import Account, Callback, CallbackRefused

ACCOUNT = Account(
    messenger_id=UUID(int=1),
    key="chat",
    settings={"homeserver": "https://matrix.company.test", "server_name": "company.test", "bot": "postroad"},
    secrets={"as_token": "as", "hs_token": "hs"},
)


def callback_of(
    path="_matrix/app/v1/transactions/1", method="PUT", token="Bearer hs", body=b'{"events": []}'
) -> Callback:
    return Callback(
        method=method,
        path=path,
        query={},
        headers={"authorization": token},
        body=body,
        received_at=datetime.now(tz=UTC),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("homeserver", "matrix.company.test"),
        ("homeserver", "ftp://matrix.company.test"),
        ("homeserver", "http://matrix.company.test"),
        ("homeserver", "https://li:secret@matrix.company.test"),
        ("server_name", "https://company.test"),
        ("server_name", ""),
        ("bot", "@postroad:company.test"),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    account = replace(ACCOUNT, settings={**ACCOUNT.settings, name: value})
    assert set(Matrix().validate(account)) == {name}
    assert Matrix().validate(ACCOUNT) == {}


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8008", "http://synapse:8008", "http://192.168.1.5", "https://matrix.company.test/"]
)
def test_inside_the_company_a_homeserver_may_be_reached_in_clear(address):
    assert Matrix().validate(replace(ACCOUNT, settings={**ACCOUNT.settings, "homeserver": address})) == {}


@pytest.mark.parametrize("token", ["", "hs", "Bearer as", "Bearer  ", "Bearer hs2", "Basic hs", "Bearer é"])
def test_a_caller_without_the_token_is_refused(token):
    with pytest.raises(CallbackRefused) as refusal:
        Matrix().read_callback(ACCOUNT, callback_of(token=token))
    assert refusal.value.status == 403


def test_without_a_token_of_ours_nobody_gets_in():
    account = replace(ACCOUNT, secrets={"as_token": "as"})
    with pytest.raises(CallbackRefused):
        Matrix().read_callback(account, callback_of(token="Bearer "))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"events": {}}', b"\xff", b"<xml/>"])
def test_what_is_no_transaction_is_refused(body):
    with pytest.raises(CallbackRefused) as refusal:
        Matrix().read_callback(ACCOUNT, callback_of(body=body))
    assert refusal.value.status == 400


def test_an_empty_transaction_and_one_of_nonsense_are_taken():
    for body in (b'{"events": []}', b'{"events": [1, null, {}, {"type": 3}], "ephemeral": [{}]}'):
        reply = Matrix().read_callback(ACCOUNT, callback_of(body=body))
        assert (reply.status, reply.body, reply.happenings) == (200, b"{}", ())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "_matrix/app/v1/ping", 200),
        ("GET", "_matrix/app/v1/users/%40x", 404),
        ("GET", "_matrix/app/v1/rooms/%23x", 404),
        ("GET", "_matrix/app/v1/thirdparty/protocol/x", 404),
        ("GET", "_matrix/app/v1/transactions/1", 404),
        ("PUT", "elsewhere", 404),
    ],
)
def test_what_else_a_homeserver_asks_is_answered(method, path, status):
    reply = Matrix().read_callback(ACCOUNT, callback_of(path=path, method=method))
    assert (reply.status, reply.happenings) == (status, ())
    assert isinstance(json.loads(reply.body), dict)


@given(st.text(min_size=1), st.text(min_size=1))
def test_each_key_has_an_address_of_its_own(one, other):
    assert (alias_localpart(one) == alias_localpart(other)) == (one == other)
    assert alias_localpart(one).isascii()
    assert len(alias_localpart(one)) < 60


def test_an_address_is_readable():
    assert alias_localpart("Sales/East 1").startswith("postroad_sales-east-1-")


@pytest.mark.django_db
def test_a_registration_is_prepared_with_new_tokens_each_time(settings, monkeypatch):
    settings.URL = "https://postroad.company.test"
    printed = [_run("registration", "--messenger", "chat", "--server-name", "company.test") for _ in range(2)]
    first, second = (json.loads(result.output) for result in printed)
    assert first["url"] == "https://postroad.company.test/messengers/chat/callback"
    assert (first["id"], first["sender_localpart"]) == ("postroad-chat", "postroad")
    assert first["namespaces"]["rooms"] == []
    assert first["namespaces"]["users"] == [{"exclusive": True, "regex": "@postroad_.*:company\\.test"}]
    assert len({first["as_token"], first["hs_token"], second["as_token"], second["hs_token"]}) == 4


@pytest.mark.django_db
def test_a_registration_of_an_unknown_messenger_asks_for_the_server_name():
    result = _run("registration", "--messenger", "chat")
    assert result.exit_code == 2
    assert "--server-name" in result.output


def _run(*arguments: str):
    return CliRunner().invoke(main, ["matrix", *arguments])
