"""The outside world of the demo: customers who write real mails to the listener, and a mail server of theirs that takes
our replies and makes them write again.
"""

import asyncio
import random
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage, Message
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, make_msgid
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from aiosmtpd.controller import Controller
from django.conf import settings
from django.utils import timezone

from postroad.demo.cast import CUSTOMERS, Customer
from postroad.demo.letters import COURTESY, COURTESY_EN, LETTERS, NEWSLETTER, OUT_OF_OFFICE, Letter
from postroad.demo.ratings import Raters

# One mail in so many is an out-of-office answer, a newsletter, or sent in the charset of an old mail program.
RARE = 9
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a34c97b0000000049454e44ae426082"
)


class Customers:
    """Writes letters and answers ours. `write` sends one; what we reply to comes back through `due_replies`."""

    def __init__(self, *, mailboxes: dict[str, str], seed: int) -> None:
        self.mailboxes = mailboxes
        self.random = random.Random(seed)  # noqa: S311 - theatre, not secrets
        self.replies: SimpleQueue[tuple[float, EmailMessage | Message, str, str]] = SimpleQueue()
        self._letters = self._shuffled()
        self.raters = Raters(seed=self.random.randrange(2**32))

    def write(self) -> str:
        """Sends one mail to one of our mailboxes; returns its subject."""
        customer = self.random.choice(CUSTOMERS)
        mailbox = self.mailboxes["sales"] if self.random.random() < 1 / 3 else self.mailboxes["service"]
        if self.random.randrange(RARE) == 0:
            mail = self._newsletter(mailbox)
        else:
            mail = letter_mail(next(self._letters_for(customer)), customer=customer, to=mailbox)
        deliver(mail.as_bytes(), sender=customer.address, to=mailbox)
        return str(mail["Subject"])

    def take(self, raw: bytes, recipient: str) -> None:
        """A reply of ours arrives at a customer: some say thanks later, some have an out-of-office answer."""
        ours = message_from_bytes(raw, policy=policy.default)
        customer = next((one for one in CUSTOMERS if one.address == recipient.lower()), None)
        if customer is None:
            return
        if ours.get("Auto-Submitted", "no") != "no":
            self.raters.take(_text_of(ours))
            return
        letter = next((one for one in LETTERS if one.subject in str(ours["Subject"])), None)
        to = str(ours["From"].addresses[0].addr_spec)
        if self.random.randrange(RARE) == 0:
            self.replies.put((monotonic() + 2, out_of_office(ours, customer=customer, to=to), customer.address, to))
        elif letter and letter.thanks:
            pause = self.random.uniform(20, 90)
            self.replies.put(
                (monotonic() + pause, thanks(letter, ours, customer=customer, to=to), customer.address, to)
            )

    def send_due_replies(self) -> int:
        """Sends the answers whose time has come; returns how many."""
        waiting, sent = [], 0
        while True:
            try:
                waiting.append(self.replies.get_nowait())
            except Empty:
                break
        for due, mail, sender, to in waiting:
            if due <= monotonic():
                deliver(mail.as_bytes(), sender=sender, to=to)
                sent += 1
            else:
                self.replies.put((due, mail, sender, to))
        return sent

    def _letters_for(self, customer: Customer) -> Iterator[Letter]:
        yield from (letter for letter in self._letters if letter.language == customer.language)

    def _shuffled(self) -> Iterator[Letter]:
        while True:
            yield from self.random.sample(LETTERS, len(LETTERS))

    def _newsletter(self, mailbox: str) -> Message:
        subject, text = NEWSLETTER
        mail = _mail(subject, text, name="机器人周报", address="news@weekly.example", to=mailbox)
        mail["List-Unsubscribe"] = "<mailto:leave@weekly.example>"
        mail["Precedence"] = "bulk"
        return mail


class CustomersMailServer:
    """The mail server of all customers, and of the company itself: takes what Postroad sends, and delivers what is for
    our own mailboxes (a channel's probe) to our listener.
    """

    def __init__(self, customers: Customers, *, port: int) -> None:
        self.customers = customers
        self.controller = Controller(self, hostname="127.0.0.1", port=port)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        for recipient in envelope.rcpt_tos:
            if recipient.lower() in self.customers.mailboxes.values():
                await asyncio.to_thread(deliver, envelope.content, sender=envelope.mail_from, to=recipient)
            else:
                self.customers.take(envelope.content, recipient)
        return "250 OK"


def deliver(raw: bytes, *, sender: str, to: str) -> None:
    """Hands a mail to Postroad's listener, as any mail server would."""
    with smtplib.SMTP(settings.MAIL_HOST, settings.SMTP_PORT, timeout=20) as server:
        server.sendmail(sender, [to], raw)


def letter_mail(letter: Letter, *, customer: Customer, to: str) -> Message:
    courtesy = COURTESY_EN if letter.language == "en" else COURTESY
    text = letter.text + courtesy.format(name=customer.name, organisation=customer.organisation)
    if letter.attachment or letter.html:
        return _rich_mail(letter, text, customer=customer, to=to)
    return _mail(letter.subject, text, name=customer.name, address=customer.address, to=to, charset=customer.charset)


def thanks(letter: Letter, ours: Message, *, customer: Customer, to: str) -> Message:
    quoted = "\n".join(f"> {line}" for line in letter.answer.splitlines())
    introduction = "On an earlier day you wrote:" if letter.language == "en" else "在之前的邮件中，您写道："
    text = f"{letter.thanks}\n\n{customer.name}\n\n{introduction}\n{quoted}"
    return _answering(ours, _mail(f"Re: {ours['Subject']}", text, name=customer.name, address=customer.address, to=to))


def out_of_office(ours: Message, *, customer: Customer, to: str) -> Message:
    subject, text = OUT_OF_OFFICE
    back = timezone.localdate() + timedelta(days=3)
    mail = _mail(
        subject.format(subject=ours["Subject"]),
        text.format(day=f"{back:%m月%d日}"),
        name=customer.name,
        address=customer.address,
        to=to,
    )
    mail["Auto-Submitted"] = "auto-replied"
    return _answering(ours, mail)


def _text_of(ours: EmailMessage) -> str:
    body = ours.get_body(("plain",))
    return str(body.get_content()) if body else ""


def _answering(ours: Message, mail: Message) -> Message:
    mail["In-Reply-To"] = str(ours["Message-ID"])
    mail["References"] = " ".join(filter(None, [str(ours.get("References", "")), str(ours["Message-ID"])]))
    return mail


def _mail(subject: str, text: str, *, name: str, address: str, to: str, charset: str = "utf-8") -> Message:
    try:
        mail: Message = MIMEText(text, "plain", charset)
        mail["Subject"] = Header(subject, charset).encode()
        mail["From"] = formataddr((name, address), charset)
    except (UnicodeEncodeError, LookupError):
        return _mail(subject, text, name=name, address=address, to=to)
    return _addressed(mail, address=address, to=to)


def _rich_mail(letter: Letter, text: str, *, customer: Customer, to: str) -> Message:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = letter.subject, formataddr((customer.name, customer.address))
    mail.set_content(text)
    if letter.html:
        paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
        mail.add_alternative(f"<html><body style='color:#123'>{paragraphs}</body></html>", subtype="html")
    if letter.attachment.endswith(".png"):
        mail.add_attachment(PIXEL, maintype="image", subtype="png", filename=letter.attachment)
    elif letter.attachment:
        mail.add_attachment(letter.text.encode(), maintype="text", subtype="plain", filename=letter.attachment)
    return _addressed(mail, address=customer.address, to=to)


def _addressed(mail: Message, *, address: str, to: str) -> Message:
    mail["To"] = to
    mail["Date"] = format_datetime(timezone.localtime())
    mail["Message-ID"] = make_msgid(domain=address.partition("@")[2])
    return mail
