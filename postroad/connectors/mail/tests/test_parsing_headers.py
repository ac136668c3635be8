"""Headers: charsets, encoded words, addresses, ids, dates, and their broken forms."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest

from postroad.connectors.mail.parsing import Address, ParsedMail, parse_mail
from postroad.connectors.mail.parsing.charsets import codec_for, decode, detect
from postroad.connectors.mail.parsing.fields import decode_words, parameters

SENTENCE = "您好，我们的订单还没有收到，请尽快处理，谢谢。"
TRADITIONAL = "您好，我們的訂單還沒有收到，請盡快處理，謝謝。"


def with_header(*lines: bytes | str) -> ParsedMail:
    encoded = [line.encode() if isinstance(line, str) else line for line in lines]
    return parse_mail(b"\r\n".join(encoded) + b"\r\n\r\nbody\r\n")


def subject_of(value: bytes | str) -> str:
    return with_header(b"Subject: " + (value.encode() if isinstance(value, str) else value)).subject


def from_of(value: str) -> tuple[Address, ...]:
    return with_header(f"From: {value}").from_


def to_of(value: str) -> list[tuple[str, str]]:
    return [(box.name, box.address) for box in with_header(f"To: {value}").to]


@pytest.mark.parametrize("charset", ["utf-8", "gb2312", "gbk", "gb18030", "hz-gb-2312"])
@pytest.mark.parametrize("kind", ["B", "Q"])
def test_a_chinese_subject_in_an_encoded_word_is_read(charset: str, kind: str) -> None:
    data = SENTENCE.encode("hz" if charset.startswith("hz") else charset)
    payload = base64.b64encode(data).decode() if kind == "B" else "".join(f"={byte:02X}" for byte in data)
    assert subject_of(f"=?{charset}?{kind}?{payload}?=") == SENTENCE


def test_gbk_characters_declared_as_gb2312_are_read() -> None:
    name = "朱镕基、王㭎、喆"
    assert subject_of(f"=?gb2312?B?{base64.b64encode(name.encode('gb18030')).decode()}?=") == name


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (SENTENCE, "gb18030"),
        (TRADITIONAL, "big5"),
        (SENTENCE, "utf-8"),
        ("ご注文の商品を発送しました。ありがとうございます。", "shift_jis"),
        ("ご注文の商品を発送しました。ありがとうございます。", "euc_jp"),
        ("ご注文の商品を発送しました。", "iso2022_jp"),
        ("안녕하세요. 주문하신 상품을 보내 드립니다.", "euc_kr"),
        ("Добрый день, где мой заказ?", "cp1251"),
        ("Добрый день, где мой заказ?", "koi8-r"),
        ("Où est ma commande passée à Genève ?", "cp1252"),
        ("增值税发票", "gb18030"),
        ("報價單", "utf-8"),
    ],
)
def test_undeclared_bytes_in_a_subject_are_recognised(text: str, codec: str) -> None:
    assert subject_of(text.encode(codec)) == text


def test_undeclared_header_bytes_follow_the_charset_of_the_body() -> None:
    raw = "Subject: 好\r\nContent-Type: text/plain; charset=gbk\r\n\r\n好的".encode("gbk")
    assert parse_mail(raw).subject == "好"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?utf-8?B?5L2g?= =?utf-8?B?5aW9?=", "你好"),
        ("=?utf-8?B?5L0=?=\r\n =?utf-8?B?oOWlvQ==?=", "你好"),  # split inside a character
        ("=?utf-8?B?5L2g5aW9", "你好"),  # never ended
        ("=?utf-8?B?5L2g5aW?=", "你�"),  # cut short: what is whole stays
        ("=?utf-8?B?5L2g 5aW9?=", "你好"),  # a space inside
        ("=?utf-8?Q?a b c?=", "a b c"),  # unencoded spaces
        ("=?utf-8?Q?100=ZZ=3D?=", "100=ZZ="),  # bad hex
        ("=?utf-8*en?Q?hello?=", "hello"),  # language (RFC 2231 section 5)
        ("Re: =?gb2312?b?xOO6ww==?= (2)", "Re: 你好 (2)"),
        ("=?no-such-charset?Q?hello?=", "hello"),
        ("=?utf-8?X?hello?=", "=?utf-8?X?hello?="),
        ("a =?utf-8?Q??= b", "a b"),
    ],
)
def test_broken_encoded_words_yield_what_can_be_read(value: str, expected: str) -> None:
    assert subject_of(value) == expected


def test_white_space_between_words_of_different_charsets_is_dropped() -> None:
    assert decode_words("=?utf-8?Q?a?= =?gb2312?B?xOO6ww==?=") == "a你好"


def test_control_characters_never_reach_the_subject() -> None:
    assert subject_of("=?utf-8?Q?a=00b=0D=0ABcc:_x?=") == "ab Bcc: x"


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ("Li Si <li@x.cn>", "Li Si", "li@x.cn"),
        ('"Li, Si" <li@x.cn>', "Li, Si", "li@x.cn"),
        ("Li, Si <li@x.cn>", "Li, Si", "li@x.cn"),
        ("li@x.cn (Li Si)", "Li Si", "li@x.cn"),
        ("li@x.cn", "", "li@x.cn"),
        ("<li@x.cn>", "", "li@x.cn"),
        ("=?utf-8?B?5p2O5Zub?= <li@x.cn>", "李四", "li@x.cn"),
        ('"=?utf-8?B?5p2O5Zub?=" <li@x.cn>', "李四", "li@x.cn"),
        ('"=?utf-8?B?5p2O5Zub?= (sales)" <li@x.cn>', "李四 (sales)", "li@x.cn"),
        ("=?utf-8?Q?Li=2C_Si?= <li@x.cn>", "Li, Si", "li@x.cn"),
        ('"Li \\"Boss\\" Si" <li@x.cn>', 'Li "Boss" Si', "li@x.cn"),
        ("'Li Si' <li@x.cn>", "Li Si", "li@x.cn"),
        ('"li@x.cn" <li@x.cn>', "", "li@x.cn"),
        ('"boss@y.cn" <li@x.cn>', "boss@y.cn", "li@x.cn"),
        ("<@relay.cn:li@x.cn>", "", "li@x.cn"),
        ("Li Si <li@x.cn", "Li Si", "li@x.cn"),
        ("李四 <li@x.cn>", "李四", "li@x.cn"),
        ("李四<李@例子.中国>", "李四", "李@例子.中国"),
        ("Li Si", "Li Si", ""),
        ("MAILER DAEMON <>", "MAILER DAEMON", ""),
        ('"li@x.cn" <>', "", "li@x.cn"),
        ("Pete(A nice \\) chap) <pete@silly.test>", "Pete", "pete@silly.test"),
        ("=?utf-8?B?5p2O5Zub?= =?utf-8?B?PGxpQHguY24+?=", "李四", "li@x.cn"),
    ],
)
def test_a_sender_is_read_however_it_is_written(value: str, name: str, address: str) -> None:
    assert from_of(value)[0] == Address(name, address)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@x.cn, b@x.cn", ["a@x.cn", "b@x.cn"]),
        ("a@x.cn; b@x.cn", ["a@x.cn", "b@x.cn"]),
        ("a@x.cn，b@x.cn；c@x.cn", ["a@x.cn", "b@x.cn", "c@x.cn"]),
        (", a@x.cn,, b@x.cn,", ["a@x.cn", "b@x.cn"]),
        ("Team: a@x.cn, B <b@x.cn>;", ["a@x.cn", "b@x.cn"]),
        ("undisclosed-recipients:;", []),
        ("nobody", []),
        ("a@x.cn,\r\n\t\r\n b@x.cn", ["a@x.cn", "b@x.cn"]),
    ],
)
def test_all_recipients_are_found(value: str, expected: list[str]) -> None:
    assert [address for _, address in to_of(value)] == expected


def test_recipients_of_every_to_field_are_taken() -> None:
    assert [box.address for box in with_header("To: a@x.cn", "Subject: s", "To: b@x.cn").to] == ["a@x.cn", "b@x.cn"]


def test_a_repeated_field_is_taken_once_and_reported() -> None:
    mail = with_header("From: a@x.cn", "From: b@x.cn", "Subject: one", "Subject: two")
    assert (mail.from_[0].address, mail.subject) == ("a@x.cn", "one")
    assert {"more than one from field; the first was taken", "more than one subject field; the first was taken"} <= set(
        mail.problems
    )


def test_a_bare_carriage_return_injects_no_header() -> None:
    mail = with_header("From: a@x.cn", "Subject: hello\rBcc: victim@x.cn\rFrom: boss@x.cn")
    assert [box.address for box in mail.from_] == ["a@x.cn"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<1@x.cn>", "1@x.cn"),
        ("1@x.cn", "1@x.cn"),
        ("<1@x.cn> (added by mta)", "1@x.cn"),
        ("  <1\r\n @x.cn>  ", "1@x.cn"),
        ("no-at-sign", "no-at-sign"),
        ("", ""),
    ],
)
def test_message_ids_are_given_without_brackets(value: str, expected: str) -> None:
    assert with_header(f"Message-ID: {value}").message_id == expected


def test_references_are_listed_once_each_in_order() -> None:
    mail = with_header("References: <1@x><2@x>\r\n\t<1@x> junk", "In-Reply-To: Your message of Monday <2@x> (x)")
    assert (mail.references, mail.in_reply_to) == (("1@x", "2@x"), "2@x")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 3 Jun 2024 09:59:57 +0800", datetime(2024, 6, 3, 9, 59, 57, tzinfo=timezone(timedelta(hours=8)))),
        ("3 Jun 2024 09:59:57 -0000", datetime(2024, 6, 3, 9, 59, 57, tzinfo=UTC)),
        ("Mon, 3 Jun 2024 09:59:57 +0800 (CST)", datetime(2024, 6, 3, 9, 59, 57, tzinfo=timezone(timedelta(hours=8)))),
        ("2024-06-03T09:59:57+08:00", datetime(2024, 6, 3, 9, 59, 57, tzinfo=timezone(timedelta(hours=8)))),
        ("Mon, 31 Dec 2024 23:59:60 +0000", datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("yesterday", None),
        ("Mon, 99 Jun 2024 09:59:57 +0800", None),
        ("Mon, 3 Jun 2024 09:59:57 +9999", None),
        ("", None),
    ],
)
def test_dates_are_aware_or_absent(value: str, expected: datetime | None) -> None:
    mail = with_header(f"Date: {value}", "From: a@x.cn")
    assert mail.date == expected or (mail.date is not None and mail.date.utcoffset() is not None and "9999" in value)


def test_a_line_without_colon_between_known_fields_is_skipped() -> None:
    mail = with_header("From: a@x.cn", "this is no field", "Subject: s")
    assert (mail.from_[0].address, mail.subject) == ("a@x.cn", "s")
    assert "a line in the header is no header field" in mail.problems


def test_text_without_any_header_is_all_body() -> None:
    mail = parse_mail(b"just some words\nin two lines\n")
    assert mail.text == "just some words\nin two lines"
    assert "no header" in mail.problems


@pytest.mark.parametrize(
    "start", [b"From a@x.cn Mon Jun  3 09:59:57 2024\n", b"\xef\xbb\xbf", b"\r\n \r\n", b">From x\r\n"]
)
def test_what_stands_before_the_header_is_skipped(start: bytes) -> None:
    assert parse_mail(start + b"Subject: s\n\nbody").subject == "s"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_mail_saved_as_utf16_is_read(codec: str) -> None:
    mail = parse_mail(("\ufeff" + f"Subject: 你好\n\n{SENTENCE}").encode(codec))
    assert (mail.subject, mail.text) == ("你好", SENTENCE)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_every_kind_of_line_end_is_read(end: bytes) -> None:
    mail = parse_mail(end.join([b"From: a@x.cn", b"Subject: s", b" t", b"", b"one", b"two"]))
    assert (mail.subject, mail.text.split()) == ("s t", ["one", "two"])


@pytest.mark.parametrize(
    ("value", "token", "expected"),
    [
        ("text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ('TEXT/Plain; Charset="UTF-8" ; x = y', "text/plain", {"charset": "UTF-8", "x": "y"}),
        ("text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ("attachment; filename=This is a test.txt", "attachment", {"filename": "This is a test.txt"}),
        ('attachment; filename="unended', "attachment", {"filename": "unended"}),
        ("attachment; filename*=utf-8''%E4%BD%A0%E5%A5%BD.txt", "attachment", {"filename": "你好.txt"}),
        ("attachment; filename*=gbk'zh'%C4%E3%BA%C3.txt; filename=x", "attachment", {"filename": "你好.txt"}),
        ("attachment; filename*0*=utf-8''%E4%BD; filename*1*=%A0.txt", "attachment", {"filename": "你.txt"}),
        ('attachment; filename*1="b.txt"; filename*0="a"', "attachment", {"filename": "ab.txt"}),
        ("filename=a.txt", "", {"filename": "a.txt"}),
        ("", "", {}),
    ],
)
def test_parameters_are_read_however_they_are_written(value: str, token: str, expected: dict[str, str]) -> None:
    assert parameters(value.encode()) == (token, expected)


@pytest.mark.parametrize("label", ["rot13", "zip", "hex", "idna", "unicode_escape", "undefined", "\0", "x" * 100])
def test_a_codec_that_is_no_charset_is_never_used(label: str) -> None:
    assert codec_for(label) is None
    assert decode(b"abc\xff", label)[0].startswith("abc")


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("GB2312", "gb18030"),
        ("x-gbk", "gb18030"),
        ("iso-8859-1", "cp1252"),
        ("cp-850", "cp850"),
        ("WINDOWS1251", "cp1251"),
    ],
)
def test_charset_labels_mean_their_supersets(label: str, codec: str) -> None:
    assert codec_for(label) == codec


def test_utf7_with_half_a_surrogate_pair_is_made_storable() -> None:
    text, _ = decode(b"+2AA-ok", "utf-7")
    assert text.encode()
    assert text.endswith("ok")


def test_bytes_of_no_language_are_still_decoded() -> None:
    assert detect(bytes(range(128, 256))) in (
        "cp1252",
        "gb18030",
        "cp1251",
        "koi8-r",
        "cp950",
        "cp949",
        "cp932",
        "euc_jp",
    )
