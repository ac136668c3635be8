"""The content of an SMTP DATA command, taken out of the byte stream (RFC 5321 sections 4.1.1.4 and 4.5.2).

Only CR LF dot CR LF ends it. A bare LF or CR is content and never the end of a line, so nobody can smuggle
a second mail past a server that reads line ends more generously.
"""

END = b"\r\n.\r\n"
STUFFED = b"\r\n."


class DottedContent:
    """Feed it the stream in pieces of any size; it returns the content and, once ended, what follows it."""

    def __init__(self) -> None:
        # DATA begins at the start of a line, as if a line end had just passed.
        self._pending = b"\r\n"
        self._surplus = 2
        self.ended = False
        self.rest = b""

    def feed(self, piece: bytes) -> bytes:
        """The content in `piece` as far as it is certain. Sets `ended`, then `rest`, at the end of the content."""
        held = self._pending + piece
        end = held.find(END)
        if end >= 0:
            self.ended, self.rest, self._pending = True, held[end + len(END) :], b""
            return self._content(held[: end + 2])
        cut = _safe_cut(held)
        self._pending = held[cut:]
        return self._content(held[:cut])

    def _content(self, held: bytes) -> bytes:
        content = held.replace(STUFFED, b"\r\n")
        surplus = min(self._surplus, len(content))
        self._surplus -= surplus
        return content[surplus:]


def _safe_cut(held: bytes) -> int:
    """Where `held` can be cut without cutting through a line end followed by a dot, or through the end."""
    cut = len(held) - (len(END) - 1)
    for before in (2, 1):
        start = cut - before
        if start >= 0 and held[start : start + len(STUFFED)] == STUFFED:
            return start
    return max(cut, 0)
