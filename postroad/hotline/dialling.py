"""Telephone numbers as telephone systems write them. Pure."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from postroad.org.personal import PersonalField, mask, normalise_phone

LONGEST = 40
_URI = re.compile(r"^(?:sips?|tel):([^@;>]+)", re.IGNORECASE)
_DIALLED = re.compile(r"[^0-9A-Za-z+*#]+")
_WITHHELD = frozenset({"", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld"})


def normalised(text: str) -> str:
    """One form for a number: E.164 where it is one, else what was dialled (an extension); "" for a withheld one."""
    text = text.strip()[:200]
    if uri := _URI.match(text):
        text = uri[1]
    if text.lower() in _WITHHELD:
        return ""
    try:
        return normalise_phone(text)
    except ValidationError:
        return _DIALLED.sub("", text)[:LONGEST]


def masked(number: str) -> str:
    """What everybody may see of a normalised number."""
    return mask(PersonalField.PHONE, number)
