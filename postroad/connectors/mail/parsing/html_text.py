"""HTML bodies as readable text, knowing which lines are quoted history or signature.

A single pass over the tags with no tree and no recursion, so that depth and size cost nothing but time
in proportion. This is for reading and searching; showing HTML safely is done elsewhere.
"""

import re
from collections.abc import Callable
from html import unescape

from postroad.connectors.mail.parsing.charsets import clean

_SKIPPED = frozenset(
    {"script", "style", "head", "title", "noscript", "template", "svg", "math", "object", "iframe", "select"}
)
_RAW = frozenset({"script", "style", "title", "noscript", "template", "iframe", "textarea"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "pre", "table"})
_BLOCKS = _PARAGRAPHS | {
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dir", "div", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "html", "legend", "li", "main", "menu", "nav", "section",
    "summary", "tbody", "tfoot", "thead", "tr", "includetail",
}  # fmt: skip
_VOID = frozenset({
    "area", "base", "basefont", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip

_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:_-]*)")
_ATTRIBUTE = re.compile(r"""([a-zA-Z_:][-a-zA-Z0-9_:.]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|(?:^|;)\s*font-size\s*:\s*0+(?:px|pt|em|%)?\s*(?:!|;|$)"
    r"|(?:^|;)\s*max-height\s*:\s*0+(?:px)?\s*(?:!|;|$)"
)
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_INVISIBLE = re.compile("[\u200b\u034f\u00ad\ufeff\u2060]+")
_TOO_MANY_BLANKS = re.compile(r"\n{3,}")
_QUOTED_TO_THE_END = frozenset({
    "divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container",
    "ms-outlook-mobile-reference-message", "outlookmessageheader", "x_divrplyfwdmsg",
})  # fmt: skip
_QUOTED_INSIDE = frozenset({
    "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "isreplycontent", "zmail_extra", "gmail_attr",
    "tutanota_quote", "gmail_signature", "x_gmail_signature", "moz-signature", "ms-outlook-mobile-signature",
    "ntes-pcmac-signature", "ntes-mobile-signature", "signature",
})  # fmt: skip
MAX_DEPTH = 40
MAX_LINK = 500
MAX_LINKS = 5


class _Reader:
    """The state of one conversion: finished lines, each with whether it is quoted, and the line being written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.quoted: list[bool] = []
        self._line: list[str] = []
        self._line_is_quoted = True
        self._wants_space = False
        self._depth = 0
        self._lists: list[int | None] = []
        self._pre = 0
        self._links: list[str] = []
        self._link: tuple[str, int] | None = None
        self._hidden: tuple[str, int] | None = None
        self._quote: tuple[str, int] | None = None
        self._attribution: tuple[str, int, int] | None = None
        self._is_quoted_to_the_end = False

    # -- text ---------------------------------------------------------------------------------

    def text(self, raw: str) -> None:
        """Text between two tags."""
        if self._hidden:
            return
        if "&" in raw:
            raw = unescape(raw)
        if not raw.isascii():
            raw = _INVISIBLE.sub("", raw)
        if self._pre:
            self._preformatted(raw)
            return
        words = raw.split()
        if not words:
            self._wants_space = self._wants_space or bool(raw)
            return
        if (self._wants_space or raw[0].isspace()) and self._line:
            self._line.append(" ")
        self._write(" ".join(words))
        self._wants_space = raw[-1].isspace()

    def _preformatted(self, raw: str) -> None:
        first, *others = raw.replace("\r\n", "\n").split("\n")
        self._write(first)
        for line in others:
            self.end_line()
            self._write(line)

    def _write(self, text: str) -> None:
        if not text:
            return
        self._line.append(text)
        if not (self._quote or self._is_quoted_to_the_end):
            self._line_is_quoted = False

    def end_line(self, *, keep_empty: bool = False) -> None:
        """Finish the line being written, if anything is on it."""
        line = "".join(self._line).rstrip()
        if line or keep_empty:
            is_quoted = self._line_is_quoted if line else bool(self._quote or self._is_quoted_to_the_end)
            self._finish(line, is_quoted=is_quoted)
        self._line = []
        self._line_is_quoted = True
        self._wants_space = False

    def _finish(self, line: str, *, is_quoted: bool) -> None:
        prefix = ">" * min(self._depth, MAX_DEPTH)
        self.lines.append(f"{prefix} {line}" if prefix else line)
        self.quoted.append(is_quoted)

    def end_block(self, *, is_paragraph: bool = False) -> None:
        """Finish a block: its line, the addresses of its links, and a blank line after a paragraph."""
        self.end_line()
        if self._links:
            links, self._links = self._links, []
            shown = "\n".join(self.lines[-8:])
            for link in dict.fromkeys(links):
                if link not in shown:
                    self._finish(f"<{link}>", is_quoted=self.quoted[-1] if self.quoted else False)
        if is_paragraph and self.lines and self.lines[-1].strip("> "):
            self._finish("", is_quoted=self.quoted[-1])

    # -- tags ---------------------------------------------------------------------------------

    def open(self, name: str, raw: str) -> None:
        """A start tag; `raw` is what stands between its angle brackets."""
        if self._hidden:
            if name == self._hidden[0]:
                self._hidden = (name, self._hidden[1] + 1)
            return
        attributes = _attributes(raw) if "=" in raw else {}
        if name not in _VOID and (name in _SKIPPED or _is_hidden(raw, attributes)):
            self._hidden = (name, 1)
            return
        if name in _BLOCKS:
            self.end_block(is_paragraph=name in _PARAGRAPHS)
        self._note_quotes(name, attributes)
        if opener := _OPENERS.get(name):
            opener(self, attributes)

    def close(self, name: str) -> None:
        """An end tag."""
        if self._hidden:
            if name == self._hidden[0]:
                self._hidden = (name, self._hidden[1] - 1) if self._hidden[1] > 1 else None
            return
        if name == "blockquote":
            self.end_block()
            self._depth = max(self._depth - 1, 0)
        if name in _BLOCKS:
            self.end_block(is_paragraph=name in _PARAGRAPHS)
        if self._quote and name == self._quote[0]:
            self._quote = (name, self._quote[1] - 1) if self._quote[1] > 1 else None
        if self._attribution and name == self._attribution[0]:
            depth = self._attribution[1] - 1
            self._attribution = (name, depth, self._attribution[2]) if depth else None
        if name == "pre":
            self._pre = max(self._pre - 1, 0)
        elif name in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif name == "a" and self._link:
            self._end_link()

    def open_break(self, _: dict[str, str]) -> None:
        self.end_line(keep_empty=True)

    def open_rule(self, _: dict[str, str]) -> None:
        self.end_block()
        self._write("-" * 20)
        self.end_line()

    def open_preformatted(self, _: dict[str, str]) -> None:
        self._pre += 1

    def open_list(self, _: dict[str, str]) -> None:
        self._lists.append(None)

    def open_numbered_list(self, _: dict[str, str]) -> None:
        self._lists.append(0)

    def open_cell(self, _: dict[str, str]) -> None:
        if self._line:
            self._line.append("\t")
        self._wants_space = False

    def open_link(self, attributes: dict[str, str]) -> None:
        self._link = (attributes.get("href", ""), len(self._line))

    def open_image(self, attributes: dict[str, str]) -> None:
        self.text(f" {attributes.get('alt', '')} ")

    def open_item(self, _: dict[str, str]) -> None:
        indent = "  " * min(max(len(self._lists) - 1, 0), 10)
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        self._line.append(f"{indent}{number + 1}. " if number is not None else f"{indent}- ")
        self._wants_space = False

    def open_blockquote(self, _: dict[str, str]) -> None:
        self._depth += 1
        if self._attribution:
            for index in range(self._attribution[2], len(self.quoted)):
                self.quoted[index] = True
            self._attribution = None

    def _end_link(self) -> None:
        if self._link is None:
            return
        (href, start), self._link = self._link, None
        shown = "".join(self._line[start:]).strip()
        if shown and href.lower().startswith(("http://", "https://", "ftp://")) and len(href) <= MAX_LINK:
            bare = href.split("://", 1)[1].rstrip("/")
            if bare not in shown and len(self._links) < MAX_LINKS:
                self._links.append(_SPACES.sub("%20", href))

    def _note_quotes(self, name: str, attributes: dict[str, str]) -> None:
        """Recognise the containers in which mail programs put what they quote and sign with."""
        if self._quote:
            if name == self._quote[0]:
                self._quote = (name, self._quote[1] + 1)
            return
        if self._attribution and name == self._attribution[0]:
            self._attribution = (name, self._attribution[1] + 1, self._attribution[2])
        marks = f"{attributes.get('id', '')} {attributes.get('class', '')}".lower().split()
        if name == "includetail" or any(mark in _QUOTED_INSIDE for mark in marks):
            self._quote = (name, 1)
        elif any(mark in _QUOTED_TO_THE_END for mark in marks):
            self._is_quoted_to_the_end = True
        elif "gmail_quote" in marks and not self._attribution:
            self._attribution = (name, 1, len(self.quoted))


_OPENERS: dict[str, Callable[[_Reader, dict[str, str]], None]] = {
    "br": _Reader.open_break,
    "hr": _Reader.open_rule,
    "pre": _Reader.open_preformatted,
    "blockquote": _Reader.open_blockquote,
    "ul": _Reader.open_list,
    "ol": _Reader.open_numbered_list,
    "li": _Reader.open_item,
    "td": _Reader.open_cell,
    "th": _Reader.open_cell,
    "a": _Reader.open_link,
    "img": _Reader.open_image,
}


def _attributes(raw: str) -> dict[str, str]:
    return {
        match[1].lower(): unescape(match[2] or match[3] or match[4] or "")
        for match in _ATTRIBUTE.finditer(raw, 0, 8192)
    }


def _is_hidden(raw: str, attributes: dict[str, str]) -> bool:
    style = attributes.get("style")
    return bool(style and _HIDDEN_STYLE.search(style.lower())) or (" hidden" in raw and "hidden" in raw.lower().split())


def html_lines(html: str) -> tuple[list[str], list[bool]]:
    """The lines of the text of `html`, and for each whether a mail program marked it as quoted or signature.

    Lines inside block quotations begin with ">"; addresses of links follow the block they stand in.
    """
    reader = _Reader()
    position, length = 0, len(html)
    while position < length:
        start = html.find("<", position)
        if start < 0:
            break
        if start > position:
            reader.text(html[position:start])
        position = _markup(reader, html, start)
    if position < length:
        reader.text(html[position:])
    reader.end_block()
    return reader.lines, reader.quoted


def _markup(reader: _Reader, html: str, start: int) -> int:
    """Handle what begins with the "<" at `start`; returns where the text goes on."""
    following = html[start + 1 : start + 2]
    if following in ("!", "?"):
        closer = "-->" if html.startswith("<!--", start) else ">"
        end = html.find(closer, start + 2)
        return end + len(closer) if end >= 0 else len(html)
    match = _TAG_NAME.match(html, start + 1)
    if match is None:
        reader.text("<")
        return start + 1
    end = _end_of_tag(html, match.end())
    name = match[1].lower()
    if following == "/":
        reader.close(name)
        return end
    raw = html[match.end() : end - 1]
    reader.open(name, raw)
    if raw.endswith("/") and name not in _VOID and ":" in name:
        reader.close(name)
    if name in _RAW and not raw.endswith("/"):
        closing = re.compile(f"</{name}", re.IGNORECASE).search(html, end)
        return closing.start() if closing else len(html)
    return end


def _end_of_tag(html: str, position: int) -> int:
    """After the ">" that ends a tag, not one inside a quoted attribute."""
    end = html.find(">", position)
    if end < 0:
        return len(html)
    raw = html[position:end]
    for mark in ('"', "'"):
        if mark in raw and raw.count(mark) % 2 and "=" + mark in raw.replace(" ", ""):
            closing = html.find(mark, end, end + 4096)
            if closing > 0:
                later = html.find(">", closing, closing + 4096)
                return later + 1 if later > 0 else end + 1
    return end + 1


def joined(lines: list[str]) -> str:
    """Lines as one text, no more than one blank line in a row."""
    return clean(_TOO_MANY_BLANKS.sub("\n\n", "\n".join(lines)).strip("\n"))


def html_to_text(html: str) -> str:
    """The readable text of `html`."""
    return joined(html_lines(html)[0])
