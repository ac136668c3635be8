"""Machines told from people, and what bounces say."""

import pytest

from postroad.connectors.mail.parsing import Auto, ParsedMail, parse_mail


def mail_with(*header: str, body: str = "hello", sender: str = "Li <li@x.cn>") -> ParsedMail:
    return parse_mail("\r\n".join([f"From: {sender}", *header, "", body]).encode())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Subject: 订单", None),
        ("Auto-Submitted: no", None),
        ("Auto-Submitted: auto-replied", "auto-reply"),
        ("Auto-Submitted: auto-generated (cron)", "auto-reply"),
        ("X-Autoreply: yes", "auto-reply"),
        ("X-Autorespond: holiday", "auto-reply"),
        ("X-Auto-Response-Suppress: All", "auto-reply"),
        ("X-Auto-Response-Suppress: DR, RN, NRN", None),
        ("Precedence: auto_reply", "auto-reply"),
        ("Precedence: bulk", "list"),
        ("Precedence: LIST", "list"),
        ("Precedence: first-class", None),
        ("List-Id: <dev.x.cn>", "list"),
        ("List-Unsubscribe: <mailto:u@x.cn>", "list"),
        ("Return-Path: <>", "auto-reply"),
        ("Return-Path: <li@x.cn>", None),
        ("Subject: 自动回复：我在休假", "auto-reply"),
        ("Subject: 自动回复: 订单", "auto-reply"),
        ("Subject: Automatic reply: order", "auto-reply"),
        ("Subject: Out of Office: back on Monday", "auto-reply"),
        ("Subject: Out of office chairs, please quote", None),
        ("Subject: Abwesenheitsnotiz", "auto-reply"),
        ("Subject: 自動返信", "auto-reply"),
        ("Subject: Please set up an automatic reply for me", None),
        ("X-Failed-Recipients: z@y.cn", "bounce"),
        ("Content-Class: urn:content-classes:calendarmessage", "calendar"),
    ],
)
def test_the_header_tells_machines_from_people(header: str, expected: Auto | None) -> None:
    assert mail_with(header).auto == expected


@pytest.mark.parametrize(
    "sender",
    [
        "MAILER-DAEMON@x.cn",
        "Postmaster <postmaster@qq.com>",
        "Mail Delivery Subsystem <x@y.cn>",
        "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.cn",
    ],
)
def test_what_a_mail_server_writes_is_a_bounce(sender: str) -> None:
    assert mail_with("Subject: whatever", sender=sender).auto == "bounce"


def test_a_failure_notice_from_the_null_path_is_a_bounce() -> None:
    assert mail_with("Return-Path: <>", "Subject: 系统退信/Systems bounce", sender="notify@x.cn").auto == "bounce"


def test_a_person_writing_about_a_failure_notice_is_no_bounce() -> None:
    assert mail_with("Subject: Undelivered mail, what now?").auto is None


REPORT = """Content-Type: multipart/report; report-type={kind}; boundary=b

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/{kind}

{status}
--b
Content-Type: {original}

From: service@x.cn
Message-ID: <original@x.cn>
Subject: s

hello
--b--
"""
STATUS = """Reporting-MTA: dns; mx.y.cn

Final-Recipient: rfc822; Gone@y.cn
Action: failed
Status: 5.1.1

Original-Recipient: rfc822; slow@y.cn
Final-Recipient: rfc822; slow@y.cn
Action: delayed

Final-Recipient: rfc822; full@y.cn
Action: failed
"""


@pytest.mark.parametrize("original", ["message/rfc822", "text/rfc822-headers"])
def test_a_delivery_report_names_the_lost_recipients_and_the_mail(original: str) -> None:
    report = REPORT.format(kind="delivery-status", status=STATUS, original=original)
    mail = parse_mail(f"From: x@y.cn\nSubject: s\n{report}".encode())
    assert mail.auto == "bounce"
    assert mail.failed_recipients == ("gone@y.cn", "full@y.cn")
    assert mail.original_message_id == "original@x.cn"


@pytest.mark.parametrize("kind", ["disposition-notification", "feedback-report"])
def test_receipts_and_complaints_are_automatic_but_no_bounces(kind: str) -> None:
    report = REPORT.format(kind=kind, status="Version: 1", original="message/rfc822")
    mail = parse_mail(f"From: x@y.cn\nSubject: s\n{report}".encode())
    assert (mail.auto, mail.failed_recipients) == ("auto-reply", ())


@pytest.mark.parametrize(
    "body",
    [
        "Hi. This is the qmail-send program.\n\n<gone@y.cn>:\nno such user\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <original@x.cn>\nTo: other@z.cn\n",
        "Delivery to the following recipient failed permanently:\n\n     gone@y.cn\n\n----- Original message -----\n\nMessage-ID: <original@x.cn>\n",
        "抱歉，您的邮件被退回来了……\n收件人邮件地址（gone@y.cn）不存在，邮件无法送达。\n\n原始邮件\nMessage-ID: <original@x.cn>\n",
        "<gone@y.cn>: host mx.y.cn[192.0.2.1] said: 550 User unknown\n\nReceived: from a\nMessage-ID: <original@x.cn>\n",
    ],
)
def test_a_bounce_in_plain_words_is_understood(body: str) -> None:
    mail = mail_with("To: service@x.cn", "Subject: failure notice", body=body, sender="MAILER-DAEMON@mx.x.cn")
    assert (mail.failed_recipients, mail.original_message_id) == (("gone@y.cn",), "original@x.cn")


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        ("Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR", "calendar"),
        ("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:REPLY", "calendar"),
        ("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:PUBLISH", None),
    ],
)
def test_an_invitation_is_told_from_a_published_calendar(calendar: str, expected: Auto | None) -> None:
    raw = f"From: li@x.cn\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\n{calendar}\n--b--\n"
    mail = parse_mail(raw.encode())
    assert mail.auto == expected
    assert len(mail.attachments) == 1


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("Subject: s", "no-reply@x.cn"),
        ("Subject: s", "alerts-noreply@x.cn"),
        ("Subject: s", "Li"),
        ("X-Loop: desk", "li@x.cn"),
        ("Precedence: bulk", "li@x.cn"),
        ("Return-Path: <>", "li@x.cn"),
    ],
)
def test_nobody_answers_these_automatically(header: str, sender: str) -> None:
    assert not mail_with(header, sender=sender).may_autorespond


def test_a_person_may_be_answered_automatically() -> None:
    assert mail_with("Subject: 订单", "Return-Path: <li@x.cn>").may_autorespond


def test_routing_headers_are_collected() -> None:
    mail = mail_with(
        "Delivered-To: Service@x.cn", "X-Original-To: sales@x.cn", "Envelope-To: sales@x.cn", "List-Id: Dev <dev.x.cn>"
    )
    assert (mail.delivered_to, mail.list_id) == (("service@x.cn", "sales@x.cn"), "dev.x.cn")
