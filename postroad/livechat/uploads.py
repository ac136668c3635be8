"""What visitors may send as files: limits of size, number and kind, and names that do no harm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import puremagic
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from postroad.livechat import limits
from postroad.platform.errors import Invalid

LONGEST_NAME = 120
SNIFFED_BYTES = 4096

# Programs and scripts by name, and by what their first bytes show.
REFUSED_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        "exe com bat cmd scr pif msi msp vbs vbe js jse wsf wsh ps1 hta cpl jar lnk reg dll sys apk dmg sh".split()  # noqa: SIM905
    )
)
PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]")


def require_takeable(files: Sequence[UploadedFile[Any]]) -> None:
    """Raise Invalid, naming the file, where one cannot be taken."""
    if len(files) > limits.MOST_FILES:
        raise Invalid({"files": _("At most %(count)s files at a time.") % {"count": limits.MOST_FILES}})
    if sum(file.size or 0 for file in files) > limits.LARGEST_FILE:
        limit = filesizeformat(limits.LARGEST_FILE)
        raise Invalid({"files": _("The files of one message may have %(limit)s together.") % {"limit": limit}})
    for file in files:
        if not file.size:
            raise Invalid({"files": _("%(name)s is empty.") % {"name": file.name}})
        if _is_program(file):
            raise Invalid({"files": _("%(name)s is a program; we do not take those.") % {"name": file.name}})


def safe_name(name: str) -> str:
    """The file's own name without path, control characters or marks that turn its ending round."""
    plain = _UNSAFE.sub("_", PurePosixPath(name.replace("\\", "/")).name).strip() or "file"
    suffix = PurePosixPath(plain).suffix[:20]
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - len(suffix)] + suffix


def _is_program(file: UploadedFile[Any]) -> bool:
    start = file.read(SNIFFED_BYTES)
    file.seek(0)
    if PurePosixPath((file.name or "").lower()).suffix in REFUSED_SUFFIXES:
        return True
    return start.startswith(PROGRAMS) or "x-dosexec" in _type_of(start)


def _type_of(start: bytes) -> str:
    try:
        return str(puremagic.from_string(start, mime=True))
    except (puremagic.PureError, ValueError):
        return ""
