"""From bytes to text when the declared charset is right, wrong, unknown or absent.

Never fails, and never yields a lone surrogate. A declared charset is believed when it decodes
without error and the bytes are not plainly UTF-8; a small error under it is repaired in place;
otherwise the bytes are judged by which reading gives the most everyday characters.
"""

import codecs
import re
from functools import lru_cache
from itertools import pairwise

from postroad.connectors.mail.parsing.everyday import EVERYDAY

# Labels seen in mail that Python does not know, or whose superset must be used (WHATWG Encoding,
# section 4.2: what is declared as GB2312 is sent as GBK or GB18030, ISO-8859-1 as windows-1252 ...).
_SUPERSETS = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030",
    "euc-cn": "gb18030", "euccn": "gb18030", "x-gbk": "gb18030", "x-euc-cn": "gb18030",
    "gb_2312-80": "gb18030", "gb2312-80": "gb18030", "gb2312_charset": "gb18030", "chinese": "gb18030",
    "csgb2312": "gb18030", "iso-ir-58": "gb18030", "hz-gb-2312": "hz", "ms936": "gb18030",
    "windows-936": "gb18030", "iso-2022-cn": "gb18030",
    "big5": "cp950", "big-5": "cp950", "x-big5": "cp950", "x-x-big5": "cp950", "csbig5": "cp950",
    "cn-big5": "cp950", "windows-950": "cp950", "big5-hkscs": "big5hkscs", "big5-eten": "cp950",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "euc-kr": "cp949",
    "korean": "cp949", "ks_c_5601-1989": "cp949", "windows-949": "cp949", "x-windows-949": "cp949",
    "euckr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932",
    "windows-31j": "cp932", "ms_kanji": "cp932", "cswindows31j": "cp932",
    "x-euc-jp": "euc_jp", "eucjp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext", "csiso2022jp": "iso2022_jp_ext", "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext", "cp50221": "iso2022_jp_ext",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252",
    "us-ascii": "ascii", "ansi_x3.4-1968": "ascii", "x-ansi": "cp1252", "windows-latin1": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "windows-874": "cp874", "tis-620": "cp874",
    "iso-8859-8-i": "cp1255", "iso-8859-8-e": "cp1255", "logical": "cp1255",
    "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8", "utf8mb4": "utf-8", "x-utf-8": "utf-8", "utf-8-sig": "utf-8",
    "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2", "dos-720": "cp1256", "dos-862": "cp862", "dos-874": "cp874",
    "x-cp1252": "cp1252", "x-cp1251": "cp1251", "win-1251": "cp1251", "win1251": "cp1251",
}  # fmt: skip
_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})
_CHINESE_JAPANESE_KOREAN = frozenset({"gb18030", "cp950", "big5hkscs", "cp949", "cp932", "euc_jp", "johab", "euc_kr"})
_OTHER_CHINESE = {"gb18030": "cp950", "cp950": "gb18030"}
_ALL_BYTES_LEGAL = frozenset({"cp1252", "iso8859-1", "latin_1", "ascii"})

_CANDIDATES = ("gb18030", "cp950", "cp949", "cp932", "euc_jp", "cp1251", "koi8-r", "cp1252")
_SAMPLE = 8 * 1024
# Scores (see _score) below which a reading is absurd, at which it is a guess, above which it convinces.
_ABSURD, _PLAUSIBLE, _CONVINCING = 0.1, 0.2, 0.5
# Undecodable characters that do not yet discredit a declared charset: a torn one at either end, or 2 %.
_TOLERATED, _TOLERATED_SHARE = 2, 0.02
_JIS_LOW, _JIS_HIGH = 0x21, 0x7E

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_ESCAPED_JAPANESE = re.compile(rb"\x1b\$[@B]|\x1b\([IJ]|\x1b\$\([DOPQ]")
_ESCAPED_KOREAN = re.compile(rb"\x1b\$\)C")
_ESCAPED_HZ = re.compile(rb"~\{(?:[\x21-\x7d][\x21-\x7e]){1,400}~\}")
_JIS_RUN = re.compile(rb"\x1b\$[@B]([^\x1b]*)")
_MIXED_SCRIPT = re.compile("[A-Za-z][\u0400-\u045f]|[\u0400-\u045f](?=[A-Za-z])")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def clean(text: str) -> str:
    """`text` without what neither UTF-8 nor PostgreSQL can hold: lone surrogates and NUL."""
    if _UNSTORABLE.search(text):
        return _UNSTORABLE.sub(lambda match: "" if match[0] == "\0" else "\ufffd", text)
    return text


@lru_cache(maxsize=512)
def codec_for(label: str) -> str | None:
    """The name of the Python codec to use for a charset label as found in mail; None if there is none."""
    label = label.strip(" \t\r\n\"'<>;,.").lower().removeprefix("charset=").removeprefix("_").split("*")[0]
    label = label.split("$")[0]
    if label in _SUPERSETS:
        return _SUPERSETS[label]
    return _known(label) or _known(_respelled(label))


def _respelled(label: str) -> str:
    """The usual spelling of "cp-850", "windows1251", "x-cp1250", "iso 8859-2" and their like."""
    match = re.fullmatch(r"(?:x-)?(?:windows|win|cp|ms|ibm|dos)[-_ ]?(\d{3,4})", label)
    return f"cp{match[1]}" if match else re.sub(r"[^a-z0-9]+", "-", label).strip("-")


def _known(label: str) -> str | None:
    try:
        "".encode(label)  # refuses what is no charset but another kind of codec (zip, rot13)
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return None if name.replace("-", "_") in _NOT_CHARSETS else _SUPERSETS.get(name, name)


def decode(data: bytes, label: str = "") -> tuple[str, str | None]:
    """The text of `data`, declared to be in charset `label` ("" = nothing declared).

    Returns the text and, where the declaration could not be followed, one sentence saying so.
    """
    is_plain = data.isascii() and b"\x1b" not in data and b"~{" not in data
    if is_plain and (not label or (b"+" not in data and b"\0" not in data)):
        return clean(data.decode("ascii")), None
    text, problem = _decode(data, label)
    return clean(text), problem


def _decode(data: bytes, label: str) -> tuple[str, str | None]:
    for mark, unicode in _MARKS:
        if data.startswith(mark):
            return data.decode(unicode, "replace").lstrip("\ufeff"), None
    codec = codec_for(label) if label else None
    if codec:
        try:
            text = data.decode(codec)
        except (UnicodeError, ValueError):
            pass  # _repair says so
        else:
            if not _is_mislabelled(data, text, codec):
                return text, None
    unknown = f"unknown charset {clean(label)[:40]!r}" if label and not codec else None
    return _repair(data, codec, unknown)


def _is_mislabelled(data: bytes, text: str, codec: str) -> bool:
    """Whether bytes that decode without error under `codec` nevertheless plainly are something else."""
    is_escaped = _ESCAPED_JAPANESE.search(data) is not None and "\x1b" in text
    if codec == "hz" or is_escaped or _HIGH.search(data) is None or codec.startswith(("utf", "iso2022", "ascii")):
        return is_escaped and codec != "hz"
    if (utf8 := _utf8_or_none(data)) is not None:
        return codec not in _CHINESE_JAPANESE_KOREAN or _is_rather_utf8(utf8, text, codec)
    if codec in _ALL_BYTES_LEGAL:
        return detect(data) not in _ALL_BYTES_LEGAL
    return codec in _OTHER_CHINESE and _is_rather(data, _OTHER_CHINESE[codec], text, codec)


def _is_rather_utf8(utf8: str, text: str, codec: str) -> bool:
    """Whether bytes that are legal in both are UTF-8; a single character proves nothing."""
    return sum(char > "\x7f" for char in utf8[:_SAMPLE]) > 1 and _score(utf8, "utf-8") > _score(text, codec)


def _is_rather(data: bytes, other: str, text: str, codec: str) -> bool:
    """Whether Chinese that is absurd in the declared charset is sensible in the other one."""
    return _score(text, codec) < _ABSURD and _score(_sample(data).decode(other, "replace"), other) > _CONVINCING


def _utf8_or_none(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _repair(data: bytes, codec: str | None, problem: str | None) -> tuple[str, str | None]:
    """Decode what its declaration does not explain."""
    best = detect(data)
    if codec and codec not in ("ascii", best):
        text = _decode_loosely(data, codec)
        damaged = text.count("\ufffd")
        if damaged <= _TOLERATED or damaged <= _TOLERATED_SHARE * len(text):
            utf8 = _utf8_or_none(data)
            if utf8 is None and codec not in _ALL_BYTES_LEGAL:
                return text, f"bytes that are not {codec}" if damaged else problem
    text = _decode_loosely(data, best)
    if problem is None and codec and codec != best:
        problem = f"declared {codec} but written in {best}"
    elif problem is None and "\ufffd" in text:
        problem = f"bytes that are not {best}"
    return text, problem


def _decode_loosely(data: bytes, codec: str) -> str:
    if codec.startswith("iso2022_jp"):
        return _decode_japanese_mail(data)
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return data.decode("ascii", "replace")


def _decode_japanese_mail(data: bytes) -> str:
    """ISO-2022-JP with the vendor characters that the standard codec refuses (circled digits and the like)."""

    def to_text(match: re.Match[bytes]) -> bytes:
        pairs = bytes(byte | 0x80 for byte in match[1] if _JIS_LOW <= byte <= _JIS_HIGH)
        return pairs.decode("euc_jis_2004", "replace").encode()

    body = re.sub(rb"\x1b(?:\([BJIH]|\$\([DOPQ])", b"", _JIS_RUN.sub(to_text, data))
    return body.decode("utf-8", "replace")


def detect(data: bytes) -> str:
    """The most likely codec of undeclared bytes; "cp1252" where nothing speaks for another."""
    if _ESCAPED_JAPANESE.search(data):
        return "iso2022_jp_ext"
    if _ESCAPED_KOREAN.search(data):
        return "iso2022_kr"
    if data.isascii():
        return "hz" if _ESCAPED_HZ.search(data) else "ascii"
    if _utf8_or_none(data) is not None or _is_nearly_utf8(data):
        return "utf-8"
    sample = _sample(data)
    scores = {codec: _score(sample.decode(codec, "replace"), codec) for codec in _CANDIDATES}
    best = max(_CANDIDATES, key=scores.__getitem__)
    return best if scores[best] > _PLAUSIBLE else "cp1252"


def _is_nearly_utf8(data: bytes) -> bool:
    """UTF-8 cut in the middle of a character or with a few foreign bytes."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    good = sum(1 for char in text[:_SAMPLE] if char > "\x7f") - damaged
    return good >= 4 * damaged


def _sample(data: bytes) -> bytes:
    """The neighbourhood of the first high bytes, cut where no multi-byte character is torn."""
    start = max(0, (_HIGH.search(data) or re.match(b"", data)).start() - 1024)  # type: ignore[union-attr]  # b"" always matches
    sample = data[start : start + _SAMPLE]
    if len(sample) == _SAMPLE:
        sample = sample[: max(sample.rfind(b"\n"), sample.rfind(b" "), _SAMPLE // 2)]
    return sample


def _score(text: str, codec: str) -> float:
    """How much `text`, read with `codec`, looks like what people write: 1 very, 0 or below not at all."""
    foreign = [char for char in text[:_SAMPLE] if char > "\x7f"]
    if not foreign:
        return 0.0
    everyday = EVERYDAY["utf-8" if codec == "utf-8" else codec] if codec in EVERYDAY else EVERYDAY["utf-8"]
    common = sum(char in everyday for char in foreign)
    broken = sum(char == "\ufffd" or "\x80" <= char <= "\x9f" or "\ue000" <= char <= "\uf8ff" for char in foreign)
    score = (common - 3 * broken) / len(foreign)
    if codec == "cp1252":
        letters = sum(char.isalpha() for char in text[:_SAMPLE])
        accented = sum(char.isalpha() for char in foreign)
        score *= 0.9 if accented * 5 <= letters * 2 else 0.15
    elif codec in ("cp1251", "koi8-r"):
        score *= _case_makes_sense(text[:_SAMPLE]) * (1 - len(_MIXED_SCRIPT.findall(text[:_SAMPLE])) / len(foreign))
    return score


def _case_makes_sense(text: str) -> float:
    """Capitals follow lower-case letters when Cyrillic is read with the wrong of its two charsets."""
    wrong = sum(1 for one, two in pairwise(text) if one.islower() and two.isupper())
    capitals = sum(char.isupper() for char in text)
    letters = sum(char.isalpha() for char in text)
    if letters and capitals == letters:
        return 0.8
    return 0.3 if wrong * 4 > letters or capitals * 2 > letters else 1.0
