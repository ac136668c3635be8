"""Bodies and attachments: structure, transfer encodings, alternatives, HTML, and their broken forms."""

import base64
import hashlib
import struct

import pytest

from postroad.connectors.mail.parsing import ParsedMail, parse_mail
from postroad.connectors.mail.parsing.file_names import safe_name
from postroad.connectors.mail.parsing.html_text import html_to_text
from postroad.connectors.mail.parsing.transfer import decode, decode_pieces

PNG = bytes(range(256)) * 3


def part(kind: str, body: bytes | str, *extra: str) -> bytes:
    lines = [f"Content-Type: {kind}", *extra]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def multipart(kind: str, *parts: bytes, boundary: str = "b") -> bytes:
    mark = f"--{boundary}".encode()
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\npreamble\r\n'.encode()
        + b"".join(mark + b"\r\n" + one + b"\r\n" for one in parts)
        + mark
        + b"--\r\nepilogue\r\n"
    )


def mail_of(content: bytes, *header: str) -> ParsedMail:
    return parse_mail("\r\n".join(["From: a@x.cn", *header, ""]).encode() + content)


def attached(data: bytes, name: str = "a.png", kind: str = "image/png", *extra: str) -> bytes:
    return part(
        kind,
        base64.encodebytes(data),
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{name}"',
        *extra,
    )


def names(mail: ParsedMail) -> list[str | None]:
    return [one.name for one in mail.attachments]


def test_an_attachment_is_digested_and_can_be_read() -> None:
    mail = mail_of(multipart("mixed", part("text/plain", "hello"), attached(PNG)))
    (one,) = mail.attachments
    assert (mail.text, one.name, one.type, one.size) == ("hello", "a.png", "image/png", len(PNG))
    assert one.sha256 == hashlib.sha256(PNG).hexdigest()
    assert one.read() == PNG == b"".join(one.chunks())


def test_the_plain_alternative_is_shown_and_the_html_kept() -> None:
    mail = mail_of(multipart("alternative", part("text/plain", "plain"), part("text/html", "<p>rich</p>")))
    assert (mail.text, mail.html) == ("plain", "<p>rich</p>")


def test_an_empty_plain_alternative_gives_way_to_the_html() -> None:
    mail = mail_of(multipart("alternative", part("text/plain", " \r\n"), part("text/html", "<p>rich</p>")))
    assert mail.text == "rich"


def test_a_picture_of_the_html_is_an_inline_attachment() -> None:
    html = part("text/html", '<p>see <img src="cid:one@x"></p>')
    image = part("image/png", base64.encodebytes(PNG), "Content-Transfer-Encoding: base64", "Content-ID: <one@x>")
    mail = mail_of(multipart("related", html, image))
    (one,) = mail.attachments
    assert (one.inline, one.content_id, one.name) == (True, "one@x", None)


def test_texts_between_pictures_are_all_shown() -> None:
    mail = mail_of(multipart("mixed", part("text/plain", "one"), attached(PNG), part("text/plain", "two")))
    assert mail.text == "one\n\ntwo"


def test_an_attached_message_is_one_attachment_and_its_content_not_the_body() -> None:
    inner = multipart("mixed", part("text/plain", "inner"), attached(PNG), boundary="inner")
    mail = mail_of(multipart("mixed", part("text/plain", "outer"), part("message/rfc822", b"Subject: i\r\n" + inner)))
    assert mail.text == "outer"
    assert [one.type for one in mail.attachments] == ["message/rfc822"]
    assert b"inner" in mail.attachments[0].read()


def test_a_text_part_called_attachment_is_no_body() -> None:
    mail = mail_of(
        multipart("mixed", part("text/plain", "body"), part("text/plain", "file", "Content-Disposition: attachment"))
    )
    assert (mail.text, len(mail.attachments)) == ("body", 1)


def test_a_mail_that_is_only_a_file_is_an_attachment() -> None:
    mail = mail_of(attached(PNG, "only.png"))
    assert (mail.text, names(mail)) == ("", ["only.png"])


@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\nContent-Type: image/png; name=a.png\r\n\r\nxx",
        b"--b\r\nContent-Type: image/png; name=a.png\r\n\r\nxx\r\n--c\r\n",
    ],
)
def test_a_missing_last_boundary_loses_nothing(body: bytes) -> None:
    assert names(mail_of(b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + body)) == ["a.png"]


def test_another_boundary_than_declared_is_guessed() -> None:
    content = multipart("mixed", part("text/plain", "hello"), attached(PNG), boundary="real").replace(
        b'"real"', b'"wrong"'
    )
    mail = mail_of(content)
    assert (mail.text, names(mail)) == ("hello", ["a.png"])
    assert "a multipart with another boundary than declared" in mail.problems


def test_no_declared_boundary_loses_no_attachment() -> None:
    content = multipart("mixed", part("text/plain", "hello"), attached(PNG)).replace(b'; boundary="b"', b"")
    assert names(mail_of(content)) == ["a.png"]


def test_parts_after_a_premature_end_are_found() -> None:
    content = multipart("mixed", part("text/plain", "hello")) + b"--b\r\n" + attached(PNG) + b"\r\n--b--\r\n"
    assert names(mail_of(content)) == ["a.png"]


def test_a_false_multipart_is_text() -> None:
    assert mail_of(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nonly words\r\n").text == "only words"


def test_a_boundary_that_begins_like_another_is_told_apart() -> None:
    inner = multipart("alternative", part("text/plain", "hello"), part("text/html", "<p>hello"), boundary="b1")
    mail = mail_of(multipart("mixed", inner, attached(PNG)))
    assert (mail.text, names(mail)) == ("hello", ["a.png"])


@pytest.mark.parametrize("depth", [5, 49, 60, 3000])
def test_any_depth_of_nesting_is_read(depth: int) -> None:
    content = attached(PNG, "deep.png")
    for level in range(depth):
        content = multipart("mixed", part("text/plain", f"t{level}"), content, boundary=f"b{level}.")
    mail = mail_of(content)
    assert names(mail) == ["deep.png"]
    assert mail.attachments[0].read() == PNG
    assert len(mail.text.split()) == depth


def test_thousands_of_parts_are_all_found() -> None:
    mail = mail_of(multipart("mixed", *[attached(b"x", f"{index}.bin") for index in range(3000)]))
    assert names(mail) == [f"{index}.bin" for index in range(3000)]


def test_parts_beyond_the_limit_stay_in_one_piece() -> None:
    mail = mail_of(multipart("mixed", *[part("image/png", "x")] * 12_000))
    assert mail.attachments[-1].read().count(b"image/png") > 1_000
    assert any("parts" in problem for problem in mail.problems)


def test_a_hundred_thousand_fields_are_no_obstacle() -> None:
    header = b"".join(b"X-%d: y\r\n" % number for number in range(100_000))
    assert parse_mail(header + b"Subject: last\r\n\r\nbody").subject == "last"


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("base64", "5L2g5aW9", "你好"),
        ("BASE64 ", "5L2g\r\n 5aW9 \r\n", "你好"),
        ("base64", "5L2g=5aW9", "你好"),
        ("base64", "5L2g5aW", "你�"),
        (
            "base64",
            "This is plain text, whatever the header says: hello!",
            "This is plain text, whatever the header says: hello!",
        ),
        ("quoted-printable", "=E4=BD=A0=\r\n=E5=A5=BD", "你好"),
        ("Quoted-Printable;", "=E4=BD=A0=  \r\n=E5=A5=BD", "你好"),
        ("quoted-printable", "100=ZZ =3D", "100=ZZ ="),
        ("7-bit", "你好", "你好"),
        ("amazing", "你好", "你好"),
    ],
)
def test_transfer_encodings_are_undone_however_broken(encoding: str, body: str, expected: str) -> None:
    assert mail_of(part("text/plain; charset=utf-8", body, f"Content-Transfer-Encoding: {encoding}")).text == expected


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "uuencode"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_decoding_in_pieces_equals_decoding_at_once(encoding: str, size: int) -> None:
    encoded = {
        "base64": base64.encodebytes(PNG),
        "quoted-printable": b"".join(b"=%02X" % byte for byte in PNG),
        "uuencode": uuencoded(PNG),
    }[encoding]
    pieces = [encoded[start : start + size] for start in range(0, len(encoded), size)]
    assert b"".join(decode_pieces(encoding, pieces)) == decode(encoding, encoded) == PNG


def uuencoded(data: bytes) -> bytes:
    import binascii

    lines = [binascii.b2a_uu(data[start : start + 45]) for start in range(0, len(data), 45)]
    return b"begin 644 a.bin\n" + b"".join(lines) + b"`\nend\n"


def test_a_uuencoded_file_inside_the_text_becomes_an_attachment() -> None:
    mail = mail_of(part("text/plain", b"before\n" + uuencoded(PNG) + b"after\n"))
    assert (mail.text, names(mail), mail.attachments[0].read()) == ("before\nafter", ["a.bin"], PNG)


def test_words_that_look_like_a_uuencoded_file_stay() -> None:
    text = "begin 644 words\nwithout an ending"
    assert mail_of(part("text/plain", text)).text == text


def test_a_yenc_file_inside_the_text_becomes_an_attachment() -> None:
    coded = b"".join(
        b"=" + bytes([(byte + 42 + 64) % 256]) if (byte + 42) % 256 in (0, 10, 13, 61) else bytes([(byte + 42) % 256])
        for byte in PNG
    )
    body = b"=ybegin line=128 size=%d name=my file.bin\r\n" % len(PNG) + coded + b"\r\n=yend size=%d\r\n" % len(PNG)
    mail = mail_of(part("text/plain", b"look:\r\n" + body))
    assert (names(mail), mail.attachments[0].read()) == (["my file.bin"], PNG)


def tnef(*files: tuple[str, bytes]) -> bytes:
    """A winmail.dat with `files` (MS-OXTNEF section 2.1)."""

    def attribute(level: int, kind: int, data: bytes) -> bytes:
        return struct.pack("<BII", level, kind, len(data)) + data + struct.pack("<H", sum(data) % 65536)

    stream = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    for name, data in files:
        stream += attribute(2, 0x00069002, b"\x01\0" + b"\xff" * 12)
        stream += attribute(2, 0x00018010, name.encode() + b"\0") + attribute(2, 0x0006800F, data)
    return stream


def test_the_files_of_a_winmail_dat_are_unwrapped() -> None:
    wrapped = attached(tnef(("one.png", PNG), ("two.txt", b"two")), "winmail.dat", "application/ms-tnef")
    mail = mail_of(multipart("mixed", part("text/plain", "hello"), wrapped))
    assert (mail.text, names(mail)) == ("hello", ["one.png", "two.txt"])
    assert [one.read() for one in mail.attachments] == [PNG, b"two"]


@pytest.mark.parametrize("data", [b"", b"\x78\x9f\x3e\x22", tnef(("one.png", PNG))[:40], b"junk" * 100])
def test_a_winmail_dat_that_cannot_be_read_is_kept_as_it_is(data: bytes) -> None:
    mail = mail_of(attached(data, "winmail.dat", "application/ms-tnef"))
    assert names(mail) == ["winmail.dat"]
    assert mail.attachments[0].read() == data


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("gb2312", "gb18030", "王㭎和朱镕基，您好"),
        ("gb2312", "utf-8", "您好，我们的订单还没有收到。"),
        ("us-ascii", "gb18030", "您好，我们的订单还没有收到。"),
        ("iso-8859-1", "gb18030", "您好，我们的订单还没有收到。"),
        ("iso-8859-1", "utf-8", "您好，我们的订单还没有收到。"),
        ("big5", "cp950", "您好，我們的訂單還沒有收到。"),
        ("utf-8", "gb18030", "您好，我们的订单还没有收到，请尽快处理。"),
        ("no-such-thing", "gb18030", "您好，我们的订单还没有收到。"),
        ("", "gb18030", "您好，我们的订单还没有收到。"),
        ("", "cp950", "您好，我們的訂單還沒有收到，請儘快處理。"),
        ("utf-7", "utf-7", "您好，我们的订单"),
        ("hz-gb-2312", "hz", "您好，我们的订单"),
        ("iso-2022-jp", "iso2022_jp", "こんにちは、世界"),
        ("", "iso2022_jp", "こんにちは、世界"),
        ("ks_c_5601-1987", "cp949", "안녕하세요"),
        ("iso-8859-1", "cp1252", "“Où est-elle ?” – à Genève…"),
        ("iso-8859-1", "cp1252", "Nicolas Fouché has accepted"),
        ("windows-1251", "cp1251", "Добрый день"),
    ],
)
def test_the_body_is_read_although_its_charset_is_wrong_or_missing(declared: str, codec: str, text: str) -> None:
    kind = f"text/plain; charset={declared}" if declared else "text/plain"
    assert mail_of(part(kind, text.encode(codec))).text == text


def test_html_says_its_own_charset() -> None:
    html = '<html><head><meta http-equiv=Content-Type content="text/html; charset=gb2312"></head><body>好</body></html>'
    assert mail_of(part("text/html", html.encode("gbk"))).text == "好"


def test_a_character_cut_at_the_end_costs_only_itself() -> None:
    mail = mail_of(part("text/plain; charset=gbk", "您好，我们的订单还没有收到。".encode("gbk")[:-1]))
    assert mail.text.startswith("您好，我们的订单还没有收到")


def test_nul_bytes_are_dropped() -> None:
    assert mail_of(part("text/plain", b"a\0b")).text == "ab"


def test_flowed_paragraphs_are_joined() -> None:
    flowed = "one \r\ntwo\r\n> quoted \r\n> more\r\n-- \r\nname"
    assert mail_of(part("text/plain; format=flowed", flowed)).text == "one two\n> quoted more\n-- \nname"


def test_flowed_chinese_is_joined_without_spaces() -> None:
    assert mail_of(part("text/plain; charset=utf-8; format=flowed; delsp=yes", "你 \r\n好")).text == "你好"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\报价.xlsx", "报价.xlsx"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00\x1b\r\nb.txt", "a b.txt"),
        ("..", None),
        ("   ", None),
        ("/", None),
        ("x" * 500 + ".pdf", "x" * 196 + ".pdf"),
        ("name. . ", "name"),
    ],
)
def test_file_names_are_made_safe(name: str, expected: str | None) -> None:
    assert safe_name(name) == expected


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ("attachment; filename==?utf-8?B?5oql5Lu3?=.xlsx", "报价.xlsx"),
        ('attachment; filename="=?gb2312?B?sai82y54bHN4?="', "报价.xlsx"),
        ("attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7.xlsx", "报价.xlsx"),
        ('attachment; filename="%E6%8A%A5%E4%BB%B7.xlsx"', "报价.xlsx"),
        ('attachment; filename="报价.xlsx"', "报价.xlsx"),
        ("attachment", None),
    ],
)
def test_file_names_are_decoded(disposition: str, expected: str | None) -> None:
    content = b"Content-Type: application/octet-stream\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\nx"
    assert names(mail_of(content)) == [expected]


def test_a_raw_gbk_file_name_is_recognised() -> None:
    content = (
        'Content-Type: application/x\r\nContent-Disposition: attachment; filename="报价单最新.xlsx"\r\n\r\nx'.encode(
            "gbk"
        )
    )
    assert names(mail_of(content)) == ["报价单最新.xlsx"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<BR/>three", "one\ntwo\nthree"),
        ("a<b>b</b>c <i>d</i>", "abc d"),
        ("<div>你好</div><div>世界</div>", "你好\n世界"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"),
        ('<a href="https://x.cn/a">here</a> it is', "here it is\n<https://x.cn/a>"),
        ('<a href="https://x.cn/">x.cn</a>', "x.cn"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("<style>p{}</style><script>alert('<p>x')</script>hi", "hi"),
        ('<div style="display:none">secret<div>x</div></div>seen', "seen"),
        ('<span style="font-size:0px">secret</span><span style="font-size:0.9em">seen</span>', "seen"),
        ("<!-- <p>secret --> seen <!-- unended", "seen"),
        ("&lt;b&gt; &amp;&nbsp;&#20320;&#xD800;", "<b> & 你�"),
        ("a < b and c > d", "a < b and c > d"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<blockquote>q<br>r</blockquote>a", "> q\n> r\n\na"),
        ('<img alt="[微笑]" src="x.gif">', "[微笑]"),
        ('<p title="a>b">c</p>', "c"),
        ("<p", ""),
        ("", ""),
    ],
)
def test_html_becomes_readable_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "html", ["<div>" * 50_000 + "x", "<blockquote>" * 50_000 + "x", "<a href='" * 50_000, "<" * 50_000, "<!--" * 50_000]
)
def test_hostile_html_ends(html: str) -> None:
    assert isinstance(html_to_text(html), str)


def test_encrypted_mail_is_kept_and_said_to_be_so() -> None:
    content = multipart(
        "encrypted; protocol=application/pgp-encrypted",
        part("application/pgp-encrypted", "Version: 1"),
        part(
            "application/octet-stream",
            "-----BEGIN PGP MESSAGE-----",
            'Content-Disposition: inline; filename="encrypted.asc"',
        ),
    )
    mail = mail_of(content)
    assert names(mail) == [None, "encrypted.asc"]
    assert "the body is encrypted" in mail.problems


def test_a_signature_of_a_signed_mail_is_an_attachment() -> None:
    mail = mail_of(
        multipart("signed", part("text/plain", "hello"), attached(b"sig", "smime.p7s", "application/pkcs7-signature"))
    )
    assert (mail.text, names(mail)) == ("hello", ["smime.p7s"])


def test_an_overlong_text_is_cut_and_kept_whole_as_an_attachment() -> None:
    mail = mail_of(part("text/plain", b"0123456789\r\n" * 500_000))
    assert len(mail.text) < 5_000_000
    assert mail.attachments[0].size == 12 * 500_000


def test_an_external_body_and_a_fragment_are_attachments() -> None:
    external = part("message/external-body; access-type=URL; URL=http://x.cn/", "Content-Type: image/png\r\n\r\n")
    fragment = part("message/partial; id=1; number=1; total=2", "Subject: x\r\n\r\nhalf")
    mail = mail_of(multipart("mixed", external, fragment))
    assert [one.type for one in mail.attachments] == ["message/external-body", "message/partial"]
