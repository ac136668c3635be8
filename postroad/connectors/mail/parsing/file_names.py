"""File names from strangers, made safe to show and to save under."""

import re
import unicodedata

MAX_NAME = 200
MAX_ENDING = 10
# Characters that reorder or hide text: "invoice\u202efdp.exe" is shown as "invoiceexe.pdf".
_DECEIVING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def safe_name(name: str) -> str | None:
    """The last component of `name` without control and reordering characters; None if nothing is left."""
    name = _DECEIVING.sub("", name)
    name = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in name)
    components = [component.strip() for component in name.replace("\\", "/").split("/")]
    name = next((" ".join(component.split()) for component in reversed(components) if component.strip(".")), "")
    name = name.rstrip(". ")
    if len(name) > MAX_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if dot and len(ending) <= MAX_ENDING else ""
        name = (stem if ending else name)[: MAX_NAME - len(ending)] + ending
    return name or None
