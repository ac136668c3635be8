"""An outgoing message as MIME: threaded, safe from header injection, readable by every mail program."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any

from postroad.channels.protocol import (
    Endpoint,
    OutgoingAttachment,
    OutgoingMessage,
    Recipient,
    RecipientRole,
    chunks_of,
)
from postroad.connectors.mail.addresses import bounce_address, own_domain
from postroad.connectors.mail.headers import (
    CRLF,
    MESSAGE_ID,
    address_line,
    ids_line,
    mail_ids,
    one_line,
    text_line,
    transport_address,
)

LOOP_HEADER = "X-Postroad-Loop"
PROBE_HEADER = "X-Postroad-Probe"
NEWEST_REFERENCES = 20
LONGEST_CONTENT_ID = 70
# Base64 and quoted-printable pass every server; 8-bit bodies do not.
POLICY = SMTP_POLICY.clone(cte_type="7bit")
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
REPLY_PREFIX = re.compile(r"\s*(re|aw|sv|antw|回复|回覆|答复|答覆)\s*[:：]", re.IGNORECASE)
UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail ready for SMTP. `sender` "" is the null return path."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes


def compose(endpoint: Endpoint, message: OutgoingMessage) -> Composed:
    """The mail that says `message` from the address of `endpoint`. Raises SendFailed for a bad address.

    Addressees of a blind copy get the mail and are named nowhere in it. The same message always has the same
    Message-ID, in the domain of the channel's address.
    """
    message_id = f"{message.message_id.hex}@{own_domain(endpoint)}"
    recipients = tuple(dict.fromkeys(transport_address(one.address) for one in message.recipients))
    # A machine's mail has no return path, so that no machine answers it (RFC 3834 section 3.3).
    sender = "" if message.automatic else bounce_address(endpoint, message.message_id)
    headers = _headers(endpoint, message, message_id)
    return Composed(message_id, sender, recipients, headers.encode("ascii") + _content(message).as_bytes())


def compose_probe(endpoint: Endpoint, token: str, *, at: datetime) -> Composed:
    """A mail from the channel to itself that `receive` recognises by `token`; nobody ever sees it."""
    own = Recipient(RecipientRole.TO, "", endpoint.address)
    body = EmailMessage(policy=POLICY)
    body.set_content("Postroad checks that this mailbox sends and receives. This mail needs no attention.\n")
    message_id = f"probe-{token}@{own_domain(endpoint)}"
    headers = (
        address_line("From", [own])
        + address_line("To", [own])
        + text_line("Subject", f"Postroad probe {token}")
        + f"Date: {format_datetime(at)}{CRLF}"
        + ids_line("Message-ID", [message_id])
        + f"Auto-Submitted: auto-generated{CRLF}{PROBE_HEADER}: {token}{CRLF}"
    )
    address = transport_address(endpoint.address)
    return Composed(message_id, address, (address,), headers.encode("ascii") + body.as_bytes())


def _headers(endpoint: Endpoint, message: OutgoingMessage, message_id: str) -> str:
    address = message.sender_address or endpoint.address
    sender = Recipient(RecipientRole.TO, message.sender_name or endpoint.name, address)
    answers_to = [Recipient(RecipientRole.TO, "", message.answers_to)] if message.answers_to else []
    thread = mail_ids(message.thread_ids)
    references = thread[:1] + thread[1:][-NEWEST_REFERENCES:]
    return "".join(
        [
            address_line("From", [sender]),
            address_line("Reply-To", answers_to),
            *(
                address_line(name, [one for one in message.recipients if one.role == role])
                for name, role in (("To", RecipientRole.TO), ("Cc", RecipientRole.CC))
            ),
            text_line("Subject", subject_of(message)),
            f"Date: {format_datetime(message.created_at)}{CRLF}",
            ids_line("Message-ID", [message_id]),
            ids_line("In-Reply-To", thread[-1:]),
            ids_line("References", references),
            f"{LOOP_HEADER}: {endpoint.channel_id}{CRLF}",
            _automatic_headers(answering=bool(thread)) if message.automatic else "",
        ]
    )


def subject_of(message: OutgoingMessage) -> str:
    """The subject line: marked as an answer where it is one, and naming the case once."""
    subject = one_line(message.subject)
    if message.thread_ids and not REPLY_PREFIX.match(subject):
        subject = f"Re: {subject}"
    token = message.subject_token
    return subject if not token or f"[{token}]" in subject else f"{subject} [{one_line(token)}]".strip()


def _automatic_headers(*, answering: bool) -> str:
    kind = "auto-replied" if answering else "auto-generated"
    return f"Auto-Submitted: {kind}{CRLF}X-Auto-Response-Suppress: All{CRLF}"


def _content(message: OutgoingMessage) -> EmailMessage:
    """mixed(alternative(text, related(html, inline images)), attachments), as much of it as is needed."""
    mail = EmailMessage(policy=POLICY)
    mail.set_content(_clean(message.text))
    inline = [one for one in message.attachments if message.html and one.inline and _is_content_id(one.content_id)]
    if message.html:
        mail.add_alternative(_clean(message.html), subtype="html")
        html_part = mail.get_payload(1)
        assert isinstance(html_part, EmailMessage)
        for attachment in inline:
            html_part.add_related(*_part(attachment), **_names(attachment), cid=f"<{attachment.content_id}>")
    for attachment in message.attachments:
        if attachment not in inline:
            mail.add_attachment(*_part(attachment), **_names(attachment))
    return mail


def _is_content_id(text: str | None) -> bool:
    return text is not None and len(text) <= LONGEST_CONTENT_ID and bool(MESSAGE_ID.fullmatch(text))


def _part(attachment: OutgoingAttachment) -> tuple[bytes, str, str]:
    content_type = attachment.content_type.lower()
    maintype, _, subtype = content_type.partition("/")
    # Composite types may not be base64, which is what keeps the bytes as they are.
    if not MEDIA_TYPE.fullmatch(content_type) or maintype in {"multipart", "message"}:
        maintype, subtype = "application", "octet-stream"
    return b"".join(chunks_of(attachment.content)), maintype, subtype


def _names(attachment: OutgoingAttachment) -> dict[str, Any]:
    disposition = "inline" if attachment.inline else "attachment"
    name = one_line(attachment.name)
    return {"disposition": disposition, "filename": name} if name else {"disposition": disposition}


def _clean(text: str) -> str:
    return UNSENDABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
