"""winmail.dat (MS-OXTNEF): the files and the body that Outlook wraps up for other Outlooks."""

import logging
from dataclasses import dataclass

MAX_TNEF = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """What a winmail.dat holds: (name, content) of each file, and its body as far as it is plain or HTML."""

    files: tuple[tuple[str, bytes], ...]
    text: str
    html: str


def unwrap(data: bytes) -> Unwrapped | None:
    """The contents of a TNEF stream; None if it cannot be read."""
    from tnefparse import TNEF  # only the rare mail needs it

    logging.getLogger("tnefparse").setLevel(logging.CRITICAL)
    try:
        stream = TNEF(data, do_checksum=False)
        files = tuple((_name(file), bytes(file.data)) for file in stream.attachments if file.data)
    except Exception:  # noqa: BLE001  the library lets through whatever a hostile stream provokes
        return None
    return Unwrapped(files, _text(stream.body), _text(stream.htmlbody))


def _name(attachment: object) -> str:
    try:
        return str(attachment.long_filename() or "")  # type: ignore[attr-defined]  # the library is untyped
    except Exception:  # noqa: BLE001  as above; a name that cannot be decoded must not cost the file
        return ""


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""
