"""A mail as an incoming message: its name, its thread, its case, and whether a machine may answer."""

from datetime import UTC, datetime, timedelta

import pytest

from postroad.channels.protocol import Endpoint
from postroad.connectors.mail import receive
from postroad.connectors.mail.receive import Arrival, external_id, moment, read
from postroad.connectors.mail.spool import RawMail
from postroad.connectors.mail.tests.outside import mail
from postroad.platform.ids import new_id

ENDPOINT = Endpoint(channel_id=new_id(), key="service", name="客服", address="service@company.test")
AT = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
TO = ENDPOINT.address


def message(content: bytes, *, to: str = TO, at: datetime = AT):
    return read(Arrival(ENDPOINT, RawMail(content), at, to))


def test_the_same_mail_by_two_ways_is_the_same_message():
    content = mail("您好", to=TO)
    by_lmtp = message(b"Return-Path: <zhang@outside.test>\r\nReceived: by lmtp\r\n" + content)
    by_imap = message(
        b"Received: by other\r\n" + content.replace(b"\r\n", b"\n") + b"\n\n", to="", at=AT + timedelta(hours=1)
    )
    assert (by_lmtp.external_id, by_lmtp.content_digest) == (by_imap.external_id, by_imap.content_digest)


def test_another_mail_under_the_same_message_id_is_another_message():
    one, other = (message(mail(text, to=TO, Message_ID="<same@outside.test>")) for text in ("one", "other"))
    assert one.external_id == other.external_id == "same@outside.test"
    assert one.content_digest != other.content_digest
    assert one.distinct_id != other.distinct_id


def test_a_mail_without_a_name_is_named_by_its_content():
    content = b"From: a@outside.test\r\nDate: Mon, 3 Mar 2025 10:00:00 +0800\r\nReceived: from x id 1\r\n\r\nbackup failed\r\n"
    first, again = message(content), message(content, at=AT + timedelta(minutes=5))
    tomorrow = message(content.replace(b"id 1", b"id 2"), at=AT + timedelta(days=1))
    assert first.external_id.startswith("sha256:")
    assert first.external_id == again.external_id
    assert first.external_id != tomorrow.external_id


def test_a_device_that_says_nothing_of_itself_is_heard_each_time():
    content = b"From: printer@company.test\r\n\r\npaper jam\r\n"
    assert message(content).external_id != message(content, at=AT + timedelta(days=1)).external_id


@pytest.mark.parametrize("name", ["x" * 600 + "@outside.test", "y" * 251])
def test_an_overlong_name_still_finds_its_thread(name):
    first = message(f"Message-ID: <{name}>\r\n\r\nx\r\n".encode())
    reply = message(f"References: <other@x>\r\n <{name}>\r\n\r\nx\r\n".encode())
    assert len(first.external_id) < 100
    assert reply.thread_ids[-1] == first.external_id


def test_the_mail_replied_to_comes_last_in_the_thread():
    content = mail("x", to=TO, References="<a@x> <b@x> <c@x>", In_Reply_To="<b@x>")
    assert message(content).thread_ids == ("a@x", "c@x", "b@x")
    many = " ".join(f"<{number}@x>" for number in range(500))
    assert message(mail("x", to=TO, References=many)).thread_ids[-1] == "499@x"
    assert len(message(mail("x", to=TO, References=many)).thread_ids) == 100


@pytest.mark.parametrize(
    ("subject", "to", "token"),
    [
        ("Re: 打印机 [PR-1234]", TO, "PR-1234"),
        ("[PR-1] fwd: [PR-2-k7wq]", TO, "PR-2-k7wq"),
        ("打印机 PR-1234", TO, None),
        ("[PR-]", TO, None),
        ("打印机", "service+PR-77@company.test", "PR-77"),
        ("打印机", "service+anything@company.test", None),
    ],
)
def test_the_case_is_named_by_the_subject_or_the_plus_address(subject, to, token):
    assert message(mail("x", to=TO, Subject=subject), to=to).subject_token == token


def test_the_answer_goes_where_the_mail_says():
    assert message(mail("x", to=TO)).reply_address == "zhang@outside.test"
    form = message(mail("x", to=TO, sender="noreply@form.test", Reply_To="客户 <Kunde@outside.test>"))
    assert (form.sender_address, form.reply_address) == ("noreply@form.test", "kunde@outside.test")


def test_whom_the_envelope_names_but_no_header_is_a_hidden_recipient():
    hidden = message(mail("x", to="list@outside.test"))
    assert [(one.role, one.address) for one in hidden.recipients] == [
        ("to", "list@outside.test"),
        ("bcc", "service@company.test"),
    ]
    assert [one.role for one in message(mail("x", to=TO)).recipients] == ["to"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"List_Id": "<news.outside.test>"},
        {"Precedence": "bulk"},
        {"X_Postroad_Loop": str(ENDPOINT.channel_id)},
        {"From": "service@company.test"},
        {"From": "Service+x@Company.test"},
        {"Return_Path": "<>"},
    ],
)
def test_no_machine_answers_a_machine_or_itself(headers):
    assert message(mail("x", to=TO)).may_autorespond
    assert not message(mail("x", to=TO, **headers)).may_autorespond


def test_a_bounce_at_its_own_address_names_the_message_whatever_it_says():
    sent = new_id().hex
    bounced = message(mail("sorry", to=TO), to=f"service+bounce-{sent}@company.test")
    assert (bounced.auto, bounced.bounce_of) == ("bounce", f"{sent}@company.test")
    assert not bounced.may_autorespond


def test_a_probe_is_known_by_its_token_and_only_from_ourselves():
    token = "a-token-0123456789abcdef"
    assert message(mail("x", to=TO, From=TO, X_Postroad_Probe=token)).probe == token
    assert message(mail("x", to=TO, X_Postroad_Probe=token)).probe is None
    assert message(mail("x", to=TO, From=TO, X_Postroad_Probe="short")).probe is None
    assert message(mail("X-Postroad-Probe: " + token, to=TO, From=TO)).probe is None


def test_what_cannot_be_parsed_is_kept_raw(monkeypatch):
    def broken(data):
        raise RuntimeError("a bug in the parser")

    monkeypatch.setattr(receive, "parse_mail", broken)
    content = b"\x00\xff broken"
    kept = message(content)
    assert kept.raw == content
    assert kept.problems
    assert not kept.may_autorespond
    assert message(content).external_id == kept.external_id != message(content + b"!").external_id


def test_an_id_is_one_line_of_text():
    assert external_id(" <a b\r\n@c> ") == "a b @c"
    assert external_id("") == ""


def test_a_moment_is_aware_and_not_in_the_future():
    future = datetime.now(tz=UTC) + timedelta(days=3)
    assert moment(future) <= datetime.now(tz=UTC)
    assert moment(datetime(2025, 1, 1, 8, 0)).tzinfo is not None
    assert moment(None) <= datetime.now(tz=UTC)
