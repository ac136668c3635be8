"""What may be attached to a reply: limits of size and kind, and names that do no harm. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

# What nearly every mail server still takes once base64 has made a third more of it.
LARGEST_TOTAL = 18 * 1024 * 1024
MOST_FILES = 20
LONGEST_NAME = 120

# Programs and scripts: receiving servers refuse the whole mail for one of these.
REFUSED_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        "exe com bat cmd scr pif msi msp vbs vbe js jse wsf wsh ps1 hta cpl jar lnk reg dll sys".split()  # noqa: SIM905
    )
)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]")


def require_sendable(files: Sequence[UploadedFile[Any]], *, held: int) -> None:
    """Raise Invalid, naming the file, where one cannot go out; `held` bytes wait with the draft already."""
    if len(files) > MOST_FILES:
        raise Invalid({"files": _("At most %(count)s files at a time.") % {"count": MOST_FILES}})
    for file in files:
        if not file.size:
            raise Invalid({"files": _("%(name)s is empty.") % {"name": file.name}})
        if PurePosixPath((file.name or "").lower()).suffix in REFUSED_SUFFIXES:
            raise Invalid({"files": _("%(name)s is a program; mail servers refuse it.") % {"name": file.name}})
    if held + sum(file.size or 0 for file in files) > LARGEST_TOTAL:
        limit = filesizeformat(LARGEST_TOTAL)
        raise Invalid({"files": _("The files of one reply may have %(limit)s together.") % {"limit": limit}})


def require_known_sendable(name: str, *, size: int, held: int, count: int) -> None:
    """The same for a stored file that shall go along with `count` others."""
    if count >= MOST_FILES:
        raise Invalid({"files": _("At most %(count)s files at a time.") % {"count": MOST_FILES}})
    if PurePosixPath(name.lower()).suffix in REFUSED_SUFFIXES:
        raise Invalid({"files": _("%(name)s is a program; mail servers refuse it.") % {"name": name}})
    if held + size > LARGEST_TOTAL:
        limit = filesizeformat(LARGEST_TOTAL)
        raise Invalid({"files": _("The files of one reply may have %(limit)s together.") % {"limit": limit}})


def safe_name(name: str) -> str:
    """The file's own name without path or control characters, its ending kept when it is cut."""
    plain = _UNSAFE.sub("_", PurePosixPath(name.replace("\\", "/")).name).strip() or "file"
    suffix = PurePosixPath(plain).suffix[:20]
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - len(suffix)] + suffix
