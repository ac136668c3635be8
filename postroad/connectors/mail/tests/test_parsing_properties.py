"""What holds for any bytes whatever, and for well-formed mail of any content."""

import base64
import hashlib
import json
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from postroad.connectors.mail.commands import facts_of
from postroad.connectors.mail.parsing import ParsedMail, parse_mail
from postroad.connectors.mail.parsing.file_names import safe_name
from postroad.connectors.mail.parsing.html_text import html_to_text
from postroad.connectors.mail.parsing.parse import read_mail
from postroad.connectors.mail.parsing.replies import visible_reply
from postroad.connectors.mail.parsing.source import FileSource, MemorySource

CORPUS = sorted((Path(__file__).parents[5] / "shared" / "corpora" / "mail" / "eml").glob("*/*.eml"))
SMALL = [path.read_bytes() for path in CORPUS if path.stat().st_size < 20_000]
SEED = (
    b'From: =?utf-8?B?5p2O5Zub?= <li@x.cn>\r\nSubject: =?gb2312?Q?=C4=E3?=\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/html; charset=gbk\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C4=E3</p>\r\n"
    b"--b\r\nContent-Type: image/png; name*=utf-8''%E4%BD%A0.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nbegin 644 a\r\n#AAAA\r\n`\r\nend\r\n\r\nOn 1 May, Li wrote:\r\n> x\r\n--b--\r\n"
)
MAILS = [*SMALL, SEED]
TOKENS = st.sampled_from([
    b"\r\n", b"\n", b"\r", b"\0", b"--", b"--b", b"--b--", b": ", b"=?utf-8?B?", b"?=", b"=", b"%", b'"', b"<", b">", b"(", b";", b",",
    b"\x1b$B", b"~{", b"\xff\xfe", b"\xef\xbb\xbf", b"\xd7\xd6", b"Content-Type: multipart/mixed; boundary=b\n\n", b"begin 644 a\n",
    b"Content-Type: message/rfc822\n\n", b"Content-Transfer-Encoding: base64\n", b"From: a@x.cn\n", b"Subject: ", b"charset=utf-7",
])  # fmt: skip
QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def checked(raw: bytes) -> ParsedMail:
    """Parse without the safety net and check what must hold for every mail."""
    mail = read_mail(MemorySource(raw), [])
    facts = facts_of("x", mail)
    assert json.loads(json.dumps(facts, ensure_ascii=False).encode()) == facts
    for text in (
        mail.text,
        mail.reply_text,
        mail.subject,
        mail.html or "",
        mail.return_path or "",
        mail.list_id,
        *mail.delivered_to,
        *mail.failed_recipients,
    ):
        assert "\0" not in text
        assert text.encode().decode() == text
    for one in mail.attachments:
        content = one.read()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one.size, one.sha256)
        assert one.name is None or (one.name == safe_name(one.name) and "/" not in one.name)
    assert mail.date is None or (mail.date.tzinfo is not None and mail.date.isoformat())
    assert "<" not in mail.message_id or ">" not in mail.message_id
    return mail


@QUICK
@given(st.binary(max_size=3000))
@example(b"")
@example(b"\0" * 10)
@example(b"\xff\xfe\x00\xd8")
def test_any_bytes_are_parsed(raw: bytes) -> None:
    checked(raw)


@QUICK
@given(st.lists(st.one_of(TOKENS, st.binary(max_size=12)), max_size=60))
def test_any_sequence_of_the_pieces_mail_is_made_of_is_parsed(pieces: list[bytes]) -> None:
    checked(b"".join(pieces))


@QUICK
@given(st.data())
def test_real_mail_cut_flipped_and_spliced_is_parsed(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(MAILS)))
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(raw)))
        match data.draw(st.sampled_from(["cut", "flip", "insert", "splice", "repeat"])):
            case "cut":
                del raw[at:]
            case "flip" if at < len(raw):
                raw[at] = data.draw(st.integers(0, 255))
            case "insert":
                raw[at:at] = data.draw(TOKENS)
            case "splice":
                other = data.draw(st.sampled_from(MAILS))
                raw[at:] = other[data.draw(st.integers(0, len(other))) :]
            case _:
                raw[at:at] = raw[max(at - 200, 0) : at]
    checked(bytes(raw))


@pytest.mark.parametrize(
    "raw", MAILS, ids=[*(f"{path.parent.name}/{path.name}" for path in CORPUS if path.stat().st_size < 20_000), "seed"]
)
def test_a_mail_in_a_file_says_the_same_as_in_memory(
    raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postroad.connectors.mail.parsing.source.WINDOW", 3000)  # so that these small mails need many
    path = tmp_path / "mail.eml"
    path.write_bytes(raw)
    with path.open("rb") as file:
        assert read_mail(FileSource(file), []) == checked(raw)


WRITABLE = st.characters(exclude_categories=("C", "Z", "M"), exclude_characters="\u2028\u2029")
WORDS = st.text(WRITABLE, min_size=1, max_size=12)
LINES = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=30)


@QUICK
@given(
    name=WORDS,
    subject=LINES,
    body=st.lists(LINES, min_size=1, max_size=6),
    file_name=WORDS,
    content=st.binary(max_size=500),
)
def test_a_well_formed_mail_gives_back_what_was_put_in(
    name: str, subject: str, body: list[str], file_name: str, content: bytes
) -> None:
    assume(safe_name(file_name) == file_name and "=?" not in f"{name}{subject}{file_name}")
    assume(not (set(name) & set("\"'‘’“”") or "%" in file_name))
    message = MIMEMultipart()  # of the compat32 kind: the newer one folds encoded words wrongly in Python 3.11
    message["From"] = formataddr((name, "li@x.cn"))
    message["Subject"] = Header(subject, "utf-8")
    message["Message-ID"] = "<1@x.cn>"
    message.attach(MIMEText("\n".join(body), "plain", "utf-8"))
    attachment = MIMEApplication(content, "x-test")
    attachment.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file_name))
    message.attach(attachment)
    mail = checked(message.as_bytes())
    assert (mail.from_[0].name, mail.from_[0].address) == (name, "li@x.cn")
    assert mail.subject == " ".join(subject.split())
    assert mail.text.split() == "\n".join(body).split()
    assert [(one.name, one.read()) for one in mail.attachments] == [(file_name, content)]


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@QUICK
@given(text=HAN, charset=st.sampled_from(["gb18030", "gbk", "big5", "utf-8", "utf-16"]))
def test_chinese_in_any_declared_charset_is_read(text: str, charset: str) -> None:
    try:
        data = text.encode(charset)
    except UnicodeEncodeError:
        assume(False)
    assume(charset == "utf-8" or not is_utf8(data))  # a few characters can be right in both
    raw = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()

    assert checked(raw + base64.encodebytes(data)).text == text


@QUICK
@given(st.text(max_size=300))
def test_any_html_becomes_text(html: str) -> None:
    text = html_to_text(html)
    assert text.encode().decode() == text


@QUICK
@given(st.lists(st.text(max_size=40), max_size=30))
def test_a_reply_never_has_lines_that_were_not_in_the_mail(lines: list[str]) -> None:
    whole = "\n".join(lines)
    assert all(line.strip() in whole for line in visible_reply(whole.split("\n")).split("\n"))


def test_the_safety_net_keeps_what_cannot_be_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> ParsedMail:
        raise RuntimeError("oops")

    monkeypatch.setattr("postroad.connectors.mail.parsing.parse.read_mail", broken)
    mail = parse_mail(SEED)
    assert mail.attachments[0].read() == SEED
    assert not mail.may_autorespond
    assert "RuntimeError" in mail.problems[0]
