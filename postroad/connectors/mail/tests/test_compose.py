"""What is composed is read back as it was meant, whatever people type and whatever names they bear."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.channels.protocol import (
    Endpoint,
    OutgoingAttachment,
    OutgoingMessage,
    Recipient,
    RecipientRole,
    SendFailed,
)
from postroad.connectors.mail.compose import compose, compose_probe
from postroad.connectors.mail.headers import one_line, transport_address
from postroad.connectors.mail.parsing import parse_mail
from postroad.platform.ids import new_id

ENDPOINT = Endpoint(channel_id=new_id(), key="service", name="客户服务", address="Service@Company.test")
TO = Recipient(RecipientRole.TO, "张三", "zhang@outside.test")
MESSAGE = OutgoingMessage(
    message_id=new_id(),
    channel_id=ENDPOINT.channel_id,
    recipients=(TO,),
    subject="报价",
    text="您好",
    created_at=datetime(2025, 3, 3, 2, 0, tzinfo=UTC),
)
ANY_TEXT = st.text(max_size=200)
NASTY = st.lists(
    st.sampled_from(
        [
            "\r\n",
            "\n",
            "\r",
            "Bcc: evil@outside.test",
            "=?utf-8?b?Zm9v?=",
            "\x00",
            "\u2028",
            "，",
            '"',
            "a" * 90,
            "\\",
            "<",
            ">",
            ",",
        ]
    )
).map("".join)
MESSAGE_IDS = st.from_regex(r"[A-Za-z0-9.$_+=-]{1,150}@[a-z0-9.-]{1,60}", fullmatch=True)


def headers_of(content: bytes) -> bytes:
    return content.split(b"\r\n\r\n", 1)[0]


@given(subject=ANY_TEXT | NASTY, text=ANY_TEXT, name=ANY_TEXT | NASTY, file_name=ANY_TEXT | NASTY)
def test_whatever_people_type_is_read_back_and_adds_no_header(subject, text, name, file_name):
    file = OutgoingAttachment(file_name, "application/pdf", 4, b"\x00\r\n.")
    message = replace(
        MESSAGE,
        subject=subject,
        text=text,
        recipients=(replace(TO, name=name),),
        sender_name=name,
        attachments=(file,),
    )
    content = compose(ENDPOINT, message).content
    names = {line.split(b":")[0].lower() for line in headers_of(content).split(b"\r\n") if line[:1] not in b" \t"}
    assert names == {
        b"from",
        b"to",
        b"subject",
        b"date",
        b"message-id",
        b"x-postroad-loop",
        b"mime-version",
        b"content-type",
    }
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    parsed = parse_mail(content)
    assert [one.address for one in parsed.to] == ["zhang@outside.test"]
    assert [one.address.lower() for one in parsed.from_] == ["service@company.test"]
    assert [one.read() for one in parsed.attachments] == [b"\x00\r\n."]


@given(subject=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=300))
def test_a_subject_is_read_back_to_the_letter(subject):
    if "=?" in subject:
        return
    assert parse_mail(compose(ENDPOINT, replace(MESSAGE, subject=subject)).content).subject == subject


@given(ids=st.lists(MESSAGE_IDS, min_size=1, max_size=60, unique=True))
def test_the_thread_survives_ids_longer_than_a_line(ids):
    content = compose(ENDPOINT, replace(MESSAGE, thread_ids=tuple(ids))).content
    parsed = parse_mail(content)
    assert parsed.in_reply_to == ids[-1]
    assert parsed.references[0] == ids[0]
    assert parsed.references[-1] == ids[-1]
    assert len(parsed.references) <= 21
    assert set(parsed.references) <= set(ids)


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=500))
def test_the_text_is_read_back(text):
    parsed = parse_mail(compose(ENDPOINT, replace(MESSAGE, text=text)).content)
    strip = str.maketrans("", "", "\ufffd" + "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127])))
    assert "".join(parsed.text.translate(strip).split()) == "".join(text.translate(strip).split())


def test_the_same_message_always_has_the_same_name():
    first, second = compose(ENDPOINT, MESSAGE), compose(ENDPOINT, replace(MESSAGE, text="changed"))
    assert first.message_id == second.message_id == f"{MESSAGE.message_id.hex}@company.test"


@pytest.mark.parametrize(
    ("subject", "token", "thread", "expected"),
    [
        ("打印机坏了", "PR-12", ("a@b",), "Re: 打印机坏了 [PR-12]"),
        ("Re: 打印机坏了 [PR-12]", "PR-12", ("a@b",), "Re: 打印机坏了 [PR-12]"),
        ("回复：打印机坏了", "PR-12", ("a@b",), "回复：打印机坏了 [PR-12]"),
        ("通知", None, (), "通知"),
        ("", "PR-12", (), "[PR-12]"),
    ],
)
def test_the_subject_names_the_case_once_and_says_that_it_is_an_answer(subject, token, thread, expected):
    message = replace(MESSAGE, subject=subject, subject_token=token, thread_ids=thread)
    assert parse_mail(compose(ENDPOINT, message).content).subject == expected


def test_ids_that_are_not_of_mail_are_left_out_of_the_thread():
    ids = ("sha256:" + "0" * 64, "a b@c", "x@y>\r\nBcc: z", "good@outside.test#0123456789abcdef")
    content = compose(ENDPOINT, replace(MESSAGE, thread_ids=ids)).content
    assert b"In-Reply-To: <good@outside.test>\r\n" in content
    assert b"References: <good@outside.test>\r\n" in content


def test_a_machines_mail_says_so_and_has_no_return_path():
    composed = compose(ENDPOINT, replace(MESSAGE, automatic=True, thread_ids=("a@b",)))
    assert composed.sender == ""
    assert b"Auto-Submitted: auto-replied\r\n" in composed.content
    parsed = parse_mail(composed.content)
    assert (parsed.auto, parsed.may_autorespond) == ("auto-reply", False)
    assert b"Auto-Submitted" not in compose(ENDPOINT, MESSAGE).content


def test_bounces_come_back_to_the_message_where_the_mailbox_takes_plus_addresses():
    assert compose(ENDPOINT, MESSAGE).sender == "service@company.test"
    plus = replace(ENDPOINT, settings={"plus_addresses": True})
    assert compose(plus, MESSAGE).sender == f"service+bounce-{MESSAGE.message_id.hex}@company.test"


def test_html_comes_with_its_text_and_its_images():
    image = OutgoingAttachment("logo.png", "image/png", 3, b"png", inline=True, content_id="logo@x")
    message = replace(MESSAGE, html='<p>您好<img src="cid:logo@x"></p>', attachments=(image,))
    mail = message_from_bytes(compose(ENDPOINT, message).content)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]


def test_an_image_with_a_name_that_cannot_be_is_a_plain_attachment():
    image = OutgoingAttachment("logo.png", "image/png", 3, b"png", inline=True, content_id="logo@x\r\nBcc: z")
    message = replace(MESSAGE, html="<p>您好</p>", attachments=(image,))
    mail = message_from_bytes(compose(ENDPOINT, message).content)
    assert mail.get_content_type() == "multipart/mixed"
    assert b"Bcc" not in mail.as_bytes()


def test_an_attached_mail_keeps_its_bytes():
    inner = b"Subject: x\r\n\r\n\xff\x00body"
    file = OutgoingAttachment("original.eml", "message/rfc822", len(inner), inner)
    [attachment] = parse_mail(compose(ENDPOINT, replace(MESSAGE, attachments=(file,))).content).attachments
    assert (attachment.name, attachment.read()) == ("original.eml", inner)


def test_hidden_recipients_are_in_the_envelope_only():
    hidden = Recipient(RecipientRole.BCC, "", "boss@outside.test")
    composed = compose(ENDPOINT, replace(MESSAGE, recipients=(TO, hidden)))
    assert composed.recipients == ("zhang@outside.test", "boss@outside.test")
    assert b"boss@" not in composed.content


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@", "@b", "a b@c", "a@b>\r\nx", "张@outside.test", "a@b,c@d", "a@" + "x" * 70 + "。com"]
)
def test_what_is_no_address_is_a_permanent_failure(address):
    with pytest.raises(SendFailed) as failure:
        transport_address(address)
    assert failure.value.permanent


def test_a_chinese_domain_goes_out_in_ascii():
    assert transport_address("info@例子.测试") == "info@xn--fsqu00a.xn--0zwm56d"


def test_a_probe_goes_from_the_channel_to_itself():
    probe = compose_probe(ENDPOINT, "token-0123456789abcd", at=datetime(2025, 3, 3, tzinfo=UTC))
    assert (probe.sender, probe.recipients) == ("Service@Company.test", ("Service@Company.test",))
    assert b"X-Postroad-Probe: token-0123456789abcd\r\n" in probe.content


@given(ANY_TEXT | NASTY)
def test_one_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1
