"""Submission by SMTP, and what a server's refusal means."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from postroad.channels.protocol import Endpoint, FailedRecipient, OutgoingMessage, SendFailed, SendResult
from postroad.connectors.mail.addresses import own_domain
from postroad.connectors.mail.compose import Composed, compose
from postroad.platform.network import not_in_a_transaction

TIMEOUT_SECONDS = 30
PERMANENT = 500


def send(endpoint: Endpoint, message: OutgoingMessage) -> SendResult:
    """Sends `message` now. Raises SendFailed; `permanent` only when the server refused this very mail."""
    return submit(endpoint, compose(endpoint, message))


def submit(endpoint: Endpoint, mail: Composed) -> SendResult:
    """Hands a composed mail to the channel's SMTP server. Raises SendFailed; never call it in a transaction."""
    if not mail.recipients:
        raise SendFailed("nobody to send it to", permanent=True)
    try:
        with connected(endpoint) as server:
            refused = server.sendmail(mail.sender, mail.recipients, mail.content)
    except smtplib.SMTPRecipientsRefused as error:
        answers = error.recipients.values()
        raise SendFailed(
            "; ".join(sorted({_said(*answer) for answer in answers})),
            permanent=all(code >= PERMANENT for code, _ in answers),
        ) from error
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        permanent = error.smtp_code >= PERMANENT and error.smtp_code not in _OURS_TO_MEND
        raise SendFailed(_said(error.smtp_code, error.smtp_error), permanent=permanent) from error
    except (smtplib.SMTPException, OSError) as error:
        raise SendFailed(explain(error), permanent=False) from error
    return SendResult(
        external_id=mail.message_id,
        accepted_at=datetime.now(tz=UTC),
        refused=tuple(_failed(address, *answer) for address, answer in refused.items()),
    )


@contextmanager
def connected(endpoint: Endpoint) -> Iterator[smtplib.SMTP]:
    """A signed-in connection to the channel's SMTP server. Raises smtplib.SMTPException or OSError."""
    not_in_a_transaction()
    settings = endpoint.settings
    host, port = str(settings["smtp_host"]), int(settings["smtp_port"])
    security = settings.get("smtp_security", "starttls")
    name = own_domain(endpoint)
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=TIMEOUT_SECONDS, context=context)
        if security == "tls"
        else smtplib.SMTP(host, port, local_hostname=name, timeout=TIMEOUT_SECONDS)
    )
    try:
        if security == "starttls":
            server.starttls(context=context)
        if settings.get("smtp_user"):
            server.login(str(settings["smtp_user"]), endpoint.secrets.get("smtp_password", ""))
        yield server
        # The mail is taken; a server that hangs up without a goodbye has still taken it.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def explain(error: Exception) -> str:
    """One line for the channel's page: what the server or the network said."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"[:500]


# 530, 534, 535, 538: sign-in is wrong. The mail is good and goes out once the settings are mended.
_OURS_TO_MEND = frozenset({530, 534, 535, 538})


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"[:500]


def _failed(address: str, code: int, answer: bytes) -> FailedRecipient:
    return FailedRecipient(address, permanent=code >= PERMANENT, diagnostic=_said(code, answer))
