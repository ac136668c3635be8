"""Files that ride inside a text body: uuencoded and yEnc blocks."""

import re
from dataclasses import dataclass

from postroad.connectors.mail.parsing import transfer

_BLOCK = re.compile(
    rb"^(?:begin (?P<mode>[0-7]{3,4}) (?P<uu>[^\r\n]{1,255})|=ybegin (?P<y>[^\r\n]{1,1000}))\r*\n", re.MULTILINE
)
_UU_END = re.compile(rb"^end[ \t\r]*(?:\n|\Z)", re.MULTILINE)
_Y_END = re.compile(rb"^=yend[^\n]*(?:\n|\Z)", re.MULTILINE)
_Y_PART = re.compile(rb"\A=ypart [^\n]*\n")
_Y_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_MINUS_42 = bytes((byte - 42) % 256 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file found in a text body; `name` is raw."""

    name: bytes
    data: bytes


def extract(body: bytes) -> tuple[bytes, list[Embedded]]:
    """The body without the files embedded in it, and these files."""
    if b"begin " not in body:
        return body, []
    kept: list[bytes] = []
    found: list[Embedded] = []
    position = 0
    while match := _BLOCK.search(body, position):
        end = (_UU_END if match["uu"] is not None else _Y_END).search(body, match.end())
        if end is None:
            break
        kept.append(body[position : match.start()])
        content = body[match.end() : end.start()]
        data = transfer.uu_lines(content.split(b"\n")) if match["uu"] is not None else _decoded_yenc(content)
        if data or not content.strip(b"` \r\n"):
            found.append(Embedded(match["uu"] if match["uu"] is not None else _yenc_name(match["y"]), data))
        else:
            kept.append(body[match.start() : end.end()])
        position = end.end()
    kept.append(body[position:])
    return b"".join(kept), found


def _yenc_name(line: bytes) -> bytes:
    return line.partition(b"name=")[2].strip()


def _decoded_yenc(content: bytes) -> bytes:
    content = _Y_PART.sub(b"", content).replace(b"\r", b"").replace(b"\n", b"")
    return _Y_ESCAPE.sub(lambda match: bytes([(match[1][0] - 64) % 256]), content).translate(_MINUS_42)
