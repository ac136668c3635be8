"""The signature below a mail: variables filled in, in the customer's language, plain and formatted. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.html import escape

from postroad.web.links import linked

CHINESE = "zh-hans"
ENGLISH = "en"
DASHES = "-- "
"""What parts a signature from the text; mail programs know it and leave the signature out of their quotes."""

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]")
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
LETTERS_OF_A_WORD = 4


def language_of(text: str) -> str:
    """Chinese or English: what somebody wrote in. A Chinese character says as much as a Latin word; none: Chinese."""
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text)) / LETTERS_OF_A_WORD
    return ENGLISH if latin > han else CHINESE


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled in; a line that only empty values leave empty goes; other braces stand."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        new = _VARIABLE.sub(lambda found: values.get(found[1], found[0]), line)
        if new.strip() or not line.strip():
            lines.append(new.rstrip())
    return "\n".join(lines).strip()


def below(text: str, signature: str) -> str:
    """The plain text with its signature."""
    return f"{text.rstrip()}\n\n{DASHES}\n{signature}" if signature else text


def formatted(text: str, signature: str, values: Mapping[str, str]) -> str:
    """The same as HTML: the text as it was typed, then the formatted signature with its values escaped."""
    body = linked(text).replace("\r\n", "\n").replace("\n", "<br>")
    return f"<div>{body}</div><br><div>{filled(signature, {name: escape(one) for name, one in values.items()})}</div>"
