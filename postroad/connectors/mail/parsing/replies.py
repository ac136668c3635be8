"""What somebody wrote in this mail, without the history below it and the signature (visible reply).

Works line by line with bounded look-ahead, so it is linear in the length of the mail. Text that
quotes nothing comes back unchanged; a forwarded message is kept, because it is the message.
"""

import re

from postroad.connectors.mail.parsing import phrases

_HAS_DIGIT = r"(?=[^\n]*\d)"
_SENDER = r"<[^<>\s]{1,200}@[^<>\s]{1,200}>"
_COLON = r"\s*[:：]\s*$"
_ATTRIBUTION = re.compile(
    r"^[ \t>*]*"
    + phrases.one_of(
        *(rf"{opens}{_HAS_DIGIT}[^\n]{{4,400}}?{verb}\s*[:：]?\s*$" for opens, verb in phrases.ATTRIBUTIONS),
        *(rf"{opens}{_HAS_DIGIT}[^\n]{{4,400}}?{verb}[^\n]{{0,200}}{_COLON}" for opens, verb in phrases.ATTRIBUTIONS),
        rf"{_HAS_DIGIT}[^\n]{{0,300}}?{phrases.one_of(*phrases.ATTRIBUTION_ENDS)}{_COLON}",
        rf"\d{{4}}\s?[-/年.]\s?\d{{1,2}}\s?[-/月.]\s?\d{{1,2}}[^\n]{{0,120}}{_SENDER}\s*[:：]?\s*$",
        rf"\S[^\n]{{0,120}}?{_SENDER}\s+(?:wrote|schrieb|a écrit|escribió|skrev|пишет|写道)\b[^\n]{{0,120}}{_COLON}",
        rf"[^\n]{{2,120}}\bwrote\son{_HAS_DIGIT}[^\n]{{4,80}}{_COLON}",
        r"-{2,}\s?[^\n]{2,160}\swrote\s?-{2,}\s*$",
    ),
    re.IGNORECASE,
)
_ATTRIBUTION_START = re.compile(
    r"^[ \t>*]*"
    + phrases.one_of(
        *(opens for opens, _ in phrases.ATTRIBUTIONS), r"\d{1,4}\D", r".{0,120}\bwrote", "-{2,}", r".{0,120}<\S{0,200}@"
    ),
    re.IGNORECASE,
)
# The attribution begun on the last line of the reply itself.
_ATTRIBUTION_WITHIN = re.compile(
    r"(?:\s|-{2,}\s?)On\s(?:(?:mon|tue|wed|thu|fri|sat|sun)\w{0,6},|\d)[^\n]{4,200}?\bwrote:\s*$", re.IGNORECASE
)
_ATTRIBUTION_LINES = 4
_MAX_ATTRIBUTION = 600

_ORIGINAL = re.compile(
    rf"^[ \t>*]*(?:[-_=*]\s?){{2,}}\s*{phrases.ORIGINAL_MESSAGE}\s*(?:[-_=*]\s?){{2,}}\s*$", re.IGNORECASE
)
_FORWARDED = re.compile(
    rf"^[ \t>*]*(?:-{{2,}}\s*{phrases.FORWARDED_MESSAGE}\s*-{{2,}}|{phrases.FORWARDED_BY_APPLE})", re.IGNORECASE
)
_LABEL = re.compile(
    rf"^[ \t]*\**[ \t]*(?:(?P<sender>{phrases.FROM_LABEL})|(?P<date>{phrases.DATE_LABEL})"
    rf"|(?P<other>{phrases.OTHER_LABEL}))[ \t]*\**[ \t]*:[ \t]*\**",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[ \t>]*(?:[-_=*~—]\s?){3,}$")
_RULED_BY = frozenset("-_=*~—>")
_ABOVE_LINE = re.compile(phrases.REPLY_ABOVE, re.IGNORECASE)

_SIGNATURE = re.compile(r"^(?:--|—|––)[ \t\xa0]?$")
_NAME_SIGNATURE = re.compile(r"^[-–—][^\W\d_][\w.'·]*(?: [^\W\d_][\w.'·]*){0,3}$")
_FOOTER_RULE = re.compile(r"^_{20,}$")
_MOBILE = re.compile(
    rf"^[ \t]*{phrases.MOBILE_SIGNATURE}[.。]?[ \t]*(?:<https?://[^>\s]{{1,300}}>)?[ \t]*$", re.IGNORECASE
)
_MAX_SIGNATURE_LINES = 30
_MAX_FOOTER_LINES = 12
_MAX_LINES_WITH_MOBILE = 2000
_HEADER_BLOCK_LINES = 9
_HEADER_BLOCK_BLANKS = 3
_ENOUGH_LABELS = 2
_STRETCHED = re.compile("(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])")


def visible_reply(lines: list[str], quoted: list[bool] | None = None) -> str:
    """The reply in `lines`; `quoted` marks lines already known to be history or signature (HTML).

    A mail that is only a forwarded message is kept whole, so that it still says something.
    """
    own = lines if quoted is None else [line for line, is_quoted in zip(lines, quoted, strict=True) if not is_quoted]
    reply = _without_history(own)
    if not reply and quoted is not None:
        reply = _without_history(lines)
    if not reply and any(_FORWARDED.match(line[:200]) for line in lines[:200]):
        return "\n".join(lines).strip()
    return reply


def _without_history(lines: list[str]) -> str:
    kept: list[str] = []
    index = 0
    was_cut = False
    while index < len(lines):
        line = lines[index][:600]
        if _is_quote(line):
            index += 1
            was_cut = True
            continue
        if line and not line.isspace():
            if _FORWARDED.match(line):
                if _has_text(kept):
                    kept.extend(lines[index:])
                break
            if _ends_reply(lines, index, line):
                break
            span = _attribution_span(lines, index)
            if span and _is_quote_ahead(lines, index + span):
                index += span
                was_cut = True
                continue
            if span and _has_text(kept):
                break
            was_cut = False
            kept.append(_without_attribution(lines, index))
        elif not was_cut or not kept or kept[-1].strip():
            kept.append(lines[index])
        index += 1
    return "\n".join(_without_signature(kept)).strip()


def _has_text(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _is_quote(line: str) -> bool:
    return line[:4].lstrip()[:1] == ">" and not line.rstrip().endswith("<")


def _ends_reply(lines: list[str], index: int, line: str) -> bool:
    """Whether everything from this line on is history."""
    if line.lstrip(" \t*")[:1] in _RULED_BY:
        if _ORIGINAL.match(line):
            return True
        if _RULE.match(line):
            following = _next_text(lines, index + 1)
            return following is not None and _is_header_block(lines, following)
    if ":" in line or "：" in line:
        return _is_header_block(lines, index)
    return _ABOVE_LINE.search(line) is not None


def _next_text(lines: list[str], index: int) -> int | None:
    for position in range(index, min(index + 4, len(lines))):
        if lines[position].strip():
            return position
    return None


def _is_header_block(lines: list[str], index: int) -> bool:
    """Whether the block of From, Sent, To, Subject with which Outlook and many others begin a quotation is here."""
    first = _LABEL.match(_narrow(lines[index][:300]))
    if first is None:
        return False
    kinds = {first.lastgroup}
    labels = {first[0].strip(" *:\t").lower()}
    has_address = "@" in lines[index]
    blanks = 0
    for line in lines[index + 1 : index + _HEADER_BLOCK_LINES]:
        narrow = _narrow(line[:300])
        match = _LABEL.match(narrow)
        if match:
            kinds.add(match.lastgroup)
            labels.add(match[0].strip(" *:\t").lower())
            has_address = has_address or "@" in line
        elif not narrow.strip():
            blanks += 1
            if blanks > _HEADER_BLOCK_BLANKS:
                break
        elif not line.startswith((" ", "\t")) and "@" not in line:
            break
    if "sender" in kinds:
        return len(labels) > _ENOUGH_LABELS or (len(labels) == _ENOUGH_LABELS and has_address)
    return first.lastgroup == "date" and "other" in kinds and has_address


def _narrow(line: str) -> str:
    """Full-width colons and the spaces with which Chinese labels are stretched ("日　期") made plain."""
    if line.isascii():
        return line
    line = line.replace("：", ":").replace("\u3000", "").replace("\xa0", " ")
    return _STRETCHED.sub("", line)


def _attribution_span(lines: list[str], index: int) -> int:
    """How many lines from `index` on form "On ... wrote:" (0: none)."""
    line = lines[index][:400]
    if not _ATTRIBUTION_START.match(line) and not line.rstrip().endswith((":", "：")):
        return 0
    joined = line.strip()
    for count in range(1, _ATTRIBUTION_LINES + 1):
        if _ATTRIBUTION.match(joined):
            return count
        if index + count >= len(lines) or len(joined) > _MAX_ATTRIBUTION:
            return 0
        following = lines[index + count][:400].strip()
        if not following:
            return 0
        joined = f"{joined} {following.lstrip('> ')}"
    return 0


def _is_quote_ahead(lines: list[str], index: int) -> bool:
    for line in lines[index : index + 6]:
        if line.strip():
            return _is_quote(line)
    return False


def _without_attribution(lines: list[str], index: int) -> str:
    """The line at `index` without an attribution that begins on it, if a quotation follows."""
    line = lines[index]
    if line.endswith(":") and _is_quote_ahead(lines, index + 1) and (match := _ATTRIBUTION_WITHIN.search(line[-400:])):
        return line[: len(line) - len(match[0])].rstrip()
    return line


def _without_signature(lines: list[str]) -> list[str]:
    """`lines` without a signature, a mobile footer or a mailing list's footer at their end."""
    for index, line in enumerate(lines):
        rest = len(lines) - index
        if _SIGNATURE.match(line) and rest <= _MAX_SIGNATURE_LINES and _has_text(lines[:index]):
            lines = lines[:index]
            break
        if _FOOTER_RULE.match(line.strip()) and rest <= _MAX_FOOTER_LINES and _is_list_footer(lines[index + 1 :]):
            lines = lines[:index]
            break
    lines = [line for line in lines if not _MOBILE.match(line[:200])] if len(lines) < _MAX_LINES_WITH_MOBILE else lines
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if len(lines) > 1 and _NAME_SIGNATURE.match(lines[-1].strip()) and not lines[-2].strip().startswith("-"):
        lines = lines[:-1]
    return lines


def _is_list_footer(lines: list[str]) -> bool:
    text = "\n".join(lines).lower()
    return "mailing list" in text or ("list" in text and ("http" in text or "@" in text)) or "unsubscribe" in text
