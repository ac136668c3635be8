"""`postroad mail …`: what can be done with mail from the command line."""

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from postroad.connectors.mail.parsing import Address, ParsedAttachment, ParsedMail


@click.group()
def mail() -> None:
    """Work with mail."""


@mail.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def parse(files: tuple[str, ...]) -> None:
    """Print what Postroad understands of each mail in FILE, one JSON object a line ("-" is standard input).

    Any bytes are accepted. A FILE that cannot be read yields an object that says so in "problems";
    the exit code is then 1, after all others have been printed.
    """
    is_complete = True
    for file in files:
        try:
            facts = facts_of(file, read(file))
        except (OSError, ValueError) as error:
            facts = unread(file, error)
            is_complete = False
        sys.stdout.buffer.write(json.dumps(facts, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()
    if not is_complete:
        raise SystemExit(1)


def read(file: str) -> "ParsedMail":
    """Parse one FILE argument. Raises OSError or ValueError if it cannot be read."""
    from postroad.connectors.mail.parsing import parse_mail_file, parse_open_mail

    path = Path(file)
    if file != "-" and path.is_file():
        return parse_mail_file(path)
    # Standard input and pipes cannot be read twice: spool them.
    spool = tempfile.TemporaryFile()  # noqa: SIM115  the result goes on reading from it
    source = sys.stdin.buffer if file == "-" else path.open("rb")
    while piece := source.read(1024 * 1024):
        spool.write(piece)
    spool.flush()
    return parse_open_mail(spool)


def facts_of(file: str, mail: "ParsedMail") -> dict[str, Any]:
    """The JSON object of one mail."""
    return {
        "file": _printable(file),
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "from": _addresses(mail.from_),
        "to": _addresses(mail.to),
        "cc": _addresses(mail.cc),
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "reply_text": mail.reply_text,
        "attachments": _attachments(mail.attachments),
        "auto": mail.auto,
        "problems": list(mail.problems),
    }


def unread(file: str, error: Exception) -> dict[str, Any]:
    """The JSON object of a file that could not be read: all the same keys, nothing in them."""
    reason = getattr(error, "strerror", None) or str(error)
    return {
        "file": _printable(file), "message_id": "", "in_reply_to": "", "references": [], "from": [], "to": [], "cc": [],
        "subject": "", "date": None, "text": "", "reply_text": "", "attachments": [], "auto": None,
        "problems": [f"cannot read the file: {reason}"],
    }  # fmt: skip


def _printable(file: str) -> str:
    """A file name as given; bytes that are not UTF-8 arrive as lone surrogates and cannot be printed."""
    return file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _addresses(addresses: "Iterable[Address]") -> list[dict[str, str]]:
    return [{"name": one.name, "address": one.address} for one in addresses]


def _attachments(attachments: "Sequence[ParsedAttachment]") -> list[dict[str, Any]]:
    return [{"name": one.name, "type": one.type, "size": one.size, "sha256": one.sha256} for one in attachments]
