"""Mail through a real Postfix: in by LMTP to our listener, out by submission into a real mailbox, and back as a bounce."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from postroad.channels.conformance import Store, eventually, outgoing, receiving
from postroad.channels.protocol import Endpoint, OutgoingAttachment, Recipient, RecipientRole, SendFailed
from postroad.connectors.mail.connector import MailConnector
from postroad.connectors.mail.listener import ListenOn
from postroad.connectors.mail.parsing import parse_mail
from postroad.connectors.mail.tests.outside import TakingServer, mail
from postroad.platform.ids import new_id
from tests.servers.mailservers import Dovecot, Postfix


@pytest.fixture
def endpoint(postfix: Postfix) -> Endpoint:
    return Endpoint(
        channel_id=new_id(),
        key="service",
        name="客户服务",
        address="service@listen.test",
        settings={
            "inbound": "listener",
            "smtp_host": "127.0.0.1",
            "smtp_port": postfix.smtp_port,
            "smtp_security": "plain",
            "plus_addresses": True,
        },
    )


@pytest.fixture
def connector(postfix: Postfix) -> MailConnector:
    return MailConnector(
        ListenOn("127.0.0.1", postfix.listener_port, None, largest_mail=50_000_000, greeting="mail.listen.test")
    )


@pytest.fixture
def store(connector: MailConnector, endpoint: Endpoint) -> Iterator[Store]:
    store = Store([endpoint])
    with receiving(connector, store):
        yield store


def test_a_question_comes_in_and_its_answer_stands_below_it_in_the_customers_mailbox(
    dovecot: Dovecot, postfix: Postfix, endpoint: Endpoint, connector: MailConnector, store: Store
):
    customer = f"zhang{new_id().hex}"
    question = mail(
        "请报价", to=endpoint.address, sender=f"{customer}@outside.test", Message_ID=f"<{'q' * 90}@outside.test>"
    )
    postfix.submit(f"{customer}@outside.test", [endpoint.address], question)
    eventually(lambda: len(store.messages) == 1, "the question comes in through Postfix")
    [asked] = store.messages.values()
    assert asked.text.strip() == "请报价"
    assert asked.may_autorespond

    file = OutgoingAttachment("报价单.pdf", "application/pdf", 4, b"%PDF")
    answer = outgoing(
        endpoint,
        recipients=(Recipient(RecipientRole.TO, "张三", asked.reply_address),),
        subject=asked.subject,
        subject_token="PR-1234",
        thread_ids=(*asked.thread_ids, asked.external_id),
        attachments=(file,),
    )
    result = connector.send(endpoint, answer)
    eventually(lambda: len(dovecot.mails_in(customer)) == 1, "the answer is in the customer's mailbox")
    [received] = dovecot.mails_in(customer)
    parsed = parse_mail(received)
    assert parsed.in_reply_to == asked.external_id == f"{'q' * 90}@outside.test"
    assert parsed.references == (asked.external_id,)
    assert parsed.message_id == result.external_id
    assert parsed.subject == "Re: 询价 [PR-1234]"
    assert [one.name for one in parsed.attachments] == ["报价单.pdf"]

    follow_up = mail(
        "好的",
        to=endpoint.address,
        sender=f"{customer}@outside.test",
        Subject=f"回复: {parsed.subject}",
        In_Reply_To=f"<{parsed.message_id}>",
    )
    postfix.submit(f"{customer}@outside.test", [endpoint.address], follow_up)
    eventually(lambda: len(store.messages) == 2, "the customer's reply comes in")
    reply = next(one for one in store.messages.values() if one.external_id != asked.external_id)
    assert reply.thread_ids == (result.external_id,)
    assert reply.subject_token == "PR-1234"


def test_an_answer_that_cannot_be_delivered_comes_back_as_its_bounce(
    postfix: Postfix, endpoint: Endpoint, connector: MailConnector, store: Store
):
    gone = (Recipient(RecipientRole.TO, "", "nobody@nowhere.test"),)
    with TakingServer(postfix.world_port) as world:
        world.reply = "550 5.1.1 Nobody of this name here"
        result = connector.send(endpoint, outgoing(endpoint, recipients=gone))
        eventually(lambda: len(store.messages) == 1, "Postfix sends it back")
    [bounce] = store.messages.values()
    assert bounce.auto == "bounce"
    assert bounce.bounce_of == result.external_id
    assert [one.address for one in bounce.failed_recipients] == ["nobody@nowhere.test"]
    assert not bounce.may_autorespond


def test_a_suspended_database_makes_postfix_keep_the_mail(postfix: Postfix, endpoint: Endpoint, store: Store):
    postfix.submit("zhang@outside.test", [endpoint.address], mail("before", to=endpoint.address))
    eventually(lambda: store.texts() == ["before"], "it comes in")
    store.down = True
    postfix.submit("zhang@outside.test", [endpoint.address], mail("during", to=endpoint.address))
    calls = store.calls
    eventually(lambda: store.calls > calls, "Postfix tries and is asked to wait")
    assert store.texts() == ["before"]
    store.down = False
    eventually(lambda: store.texts() == ["before", "during"], "it comes in when the database is back")


def test_a_probe_goes_round_through_postfix(endpoint: Endpoint, connector: MailConnector, store: Store):
    assert connector.probe(endpoint, "a-token-0123456789abcdef").ok is None
    eventually(lambda: store.probes == ["a-token-0123456789abcdef"], "it comes back")
    assert store.messages == {}


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_answer_goes_out_over_a_connection_whose_certificate_is_trusted(
    dovecot: Dovecot, postfix: Postfix, endpoint: Endpoint, monkeypatch, *, security: str
):
    connector = MailConnector(ListenOn("127.0.0.1", None, None, largest_mail=1, greeting="localhost"))
    port = postfix.smtps_port if security == "tls" else postfix.smtp_port
    settings = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": security}
    endpoint = replace(endpoint, settings={**endpoint.settings, **settings})
    customer = f"li{new_id().hex}"
    answer = outgoing(endpoint, recipients=(Recipient(RecipientRole.TO, "", f"{customer}@outside.test"),))
    with pytest.raises(SendFailed, match="certificate verify failed"):
        connector.send(endpoint, answer)
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.authority))
    connector.send(endpoint, answer)
    eventually(lambda: len(dovecot.mails_in(customer)) == 1, "the answer is in the customer's mailbox")


def test_a_mail_server_hands_over_encrypted_where_we_have_a_certificate(
    dovecot: Dovecot, postfix: Postfix, endpoint: Endpoint
):
    on = ListenOn(
        "127.0.0.1",
        postfix.listener_port,
        None,
        largest_mail=50_000_000,
        greeting="localhost",
        certificate=dovecot.home / "server.pem",
        certificate_key=dovecot.home / "server.key",
    )
    with receiving(MailConnector(on), store := Store([endpoint])):
        postfix.submit("zhang@outside.test", [endpoint.address], mail("sealed", to=endpoint.address))
        eventually(lambda: store.texts() == ["sealed"], "it comes in")
    assert f"{endpoint.address}>" in (log := (postfix.home / "mail.log").read_text())
    assert "TLS connection established to 127.0.0.1" in log
