"""Words of a text for full-text search, the same for what is stored and for what is looked for.

Latin and other spaced scripts give lower-cased words; Chinese, Japanese and Korean runs give overlapping pairs of
characters, which find every substring of two characters or more without a dictionary. Full-width forms count as their
plain ones (NFKC). Each word takes one position, each CJK character one, so phrases are exact.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# What PostgreSQL's tsvector can hold: words of 2,046 bytes, 1 MB in all.
LONGEST_WORD = 200
MOST_INDEXED_BYTES = 1_000_000
PER_PLACE_BYTES = 6
SURELY_FITS = 10_000

_CJK = "㐀-䶿一-鿿豈-﫿぀-ヿㇰ-ㇿ가-힯\U00020000-\U0003ffff々〇"
_PIECE = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")
_NOT_IN_WORD_BEFORE = rf"(?<![^\W_{_CJK}])"
_NOT_IN_WORD_AFTER = rf"(?![^\W_{_CJK}])"
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|“([^”]*)”?|(\S+))')


def tokens(text: str) -> list[str]:
    """Lower-cased words, overlapping pairs of CJK characters; a CJK character alone stands for itself."""
    return [token for token, _, whole in _placed(text) if whole]


def tsvector_literal(text: str) -> str:
    """`text` as PostgreSQL reads a tsvector, with positions; what exceeds its limits is left out.

    PostgreSQL itself gathers the places of a word, and counts those beyond the last possible one as that.
    """
    placed = [(token, position) for token, position, _ in _placed(text)]
    if len(text) > SURELY_FITS:
        placed = _what_fits(placed)
    return " ".join([f"'{token}':{position}" for token, position in placed])


def _what_fits(placed: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """As many words, from the beginning, as a tsvector can hold if each were there once."""
    size = 0
    for index, (token, _) in enumerate(placed):
        size += len(token.encode()) + PER_PLACE_BYTES
        if size > MOST_INDEXED_BYTES:
            return placed[:index]
    return placed


def tsquery(query: str) -> str:
    """What a person typed, as PostgreSQL writes a tsquery; "" when there is nothing to look for.

    All terms must occur. `"two words"` is a phrase, `-term` excludes, `begin*` finds what starts so. A term that falls
    into several words ("INV-2024/7", a Chinese sentence) is a phrase of them.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in _terms(query):
        phrase = _phrase(term.text, open_ended=term.open_ended)
        if phrase:
            (unwanted if term.excluded else wanted).append(phrase)
    if not wanted:
        return ""
    return " & ".join([*wanted, *(f"!({phrase})" for phrase in unwanted)])


def highlights(query: str) -> re.Pattern[str] | None:
    """What finds in a text the places that `query` found it by; None when there is nothing to look for."""
    phrases = [_shape(term) for term in _terms(query) if not term.excluded and _PIECE.search(term.text)]
    return re.compile("|".join(phrases), re.IGNORECASE) if phrases else None


@dataclass(frozen=True, slots=True)
class _Term:
    text: str
    excluded: bool
    open_ended: bool


def _terms(query: str) -> Iterator[_Term]:
    for minus, quoted, chinese_quoted, bare in _TERM.findall(query):
        text = unicodedata.normalize("NFKC", quoted or chinese_quoted or bare)
        yield _Term(text=text, excluded=bool(minus), open_ended=bare.endswith("*"))


def _shape(term: _Term) -> str:
    """The term's pieces with whatever stands between words; a word does not match inside a longer one."""
    pieces = _PIECE.findall(term.text)
    shape = r"[\W_]*".join(re.escape(cjk or word) for cjk, word in pieces)
    starts_with_word, ends_with_word = bool(pieces[0][1]), bool(pieces[-1][1]) and not term.open_ended
    return f"{_NOT_IN_WORD_BEFORE if starts_with_word else ''}{shape}{_NOT_IN_WORD_AFTER if ends_with_word else ''}"


def _placed(text: str) -> Iterator[tuple[str, int, bool]]:
    """Each token with its position, and whether `tokens` shows it.

    The last character of a CJK run is placed too, so that a single character is found wherever it stands: as the
    first of a pair or as the last of its run.
    """
    position = 0
    for cjk, word in _PIECE.findall(unicodedata.normalize("NFKC", text).lower()):
        if word:
            position += 1
            yield word[:LONGEST_WORD], position, True
            continue
        for index in range(len(cjk) - 1):
            position += 1
            yield cjk[index : index + 2], position, True
        position += 1
        yield cjk[-1], position, len(cjk) == 1


def _phrase(term: str, *, open_ended: bool) -> str:
    """Adjacent tokens at their distances; the last character of the term may go on in the text."""
    placed = list(_placed(term))
    if len(placed) > 1 and not placed[-1][2]:
        placed.pop()
    if not placed:
        return ""
    last = len(placed) - 1
    parts: list[str] = []
    for index, (token, position, _) in enumerate(placed):
        if index:
            parts.append(f" <{position - placed[index - 1][1]}> ")
        single = index == last and len(token) == 1 and _is_cjk(token)
        parts.append(f"'{token}':*" if single or (open_ended and index == last) else f"'{token}'")
    return f"({''.join(parts)})" if last else parts[0]


def _is_cjk(token: str) -> bool:
    match = _PIECE.match(token)
    return bool(match and match.group(1))
