"""`postroad mail parse` as a process: its output, its exit code, its memory."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "postroad", "mail", "parse"]
KEYS = [
    "file", "message_id", "in_reply_to", "references", "from", "to", "cc", "subject", "date", "text", "reply_text",
    "attachments", "auto", "problems",
]  # fmt: skip
MAIL = "From: 李四 <li@x.cn>\nTo: Z <z@x.cn>\nDate: Mon, 3 Jun 2024 09:59:57 +0800\nSubject: 订单\n\n好的\n\n发自我的 iPhone\n"
MEGABYTE = 1024 * 1024
WITHIN = 64 * MEGABYTE


def run(*arguments: str, given: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run([*COMMAND, *arguments], input=given, capture_output=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_a_mail_is_printed_as_one_object(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_text(MAIL)
    code, (facts,), errors = run(str(path))
    assert (code, errors, list(facts)) == (0, "", KEYS)
    assert facts["from"] == [{"name": "李四", "address": "li@x.cn"}]
    assert (facts["date"], facts["subject"]) == ("2024-06-03T09:59:57+08:00", "订单")
    assert (facts["text"], facts["reply_text"]) == ("好的\n\n发自我的 iPhone", "好的")
    assert facts["auto"] is None


def test_standard_input_is_read_for_a_hyphen() -> None:
    code, (facts,), _ = run("-", given=MAIL.encode())
    assert (code, facts["file"], facts["subject"]) == (0, "-", "订单")


def test_what_cannot_be_read_is_said_and_the_others_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_text(MAIL)
    code, objects, errors = run(str(tmp_path / "missing.eml"), str(tmp_path), str(path))
    assert (code, errors) == (1, "")
    assert [one["subject"] for one in objects] == ["", "", "订单"]
    assert all(list(one) == KEYS for one in objects)
    assert objects[0]["problems"] == ["cannot read the file: No such file or directory"]


def test_a_file_name_of_any_bytes_can_be_given(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe.eml"
    Path(os.fsdecode(path)).write_text(MAIL)
    done = subprocess.run([*COMMAND, path], capture_output=True, check=True)
    assert json.loads(done.stdout)["subject"] == "订单"


def test_no_file_at_all_is_a_usage_error() -> None:
    code, objects, errors = run()
    assert (code, objects) == (2, [])
    assert "FILE" in errors


def test_django_is_not_loaded() -> None:
    code = "import postroad.connectors.mail.commands, postroad.connectors.mail.parsing, sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


GROWTH = """
import resource, sys
from postroad.connectors.mail.parsing import parse_mail_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
mail = parse_mail_file(sys.argv[1])
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
one = mail.attachments[0] if mail.attachments else None
print((after - before) * 1024, one.size if one else 0, one.sha256 if one else "")
"""


def growth_of(path: Path) -> tuple[int, int, str]:
    done = subprocess.run([sys.executable, "-c", GROWTH, str(path)], capture_output=True, check=True, text=True)
    growth, size, digest = done.stdout.rstrip("\n").split(" ")
    return int(growth), int(size), digest


def test_fifty_megabytes_of_attachment_are_parsed_in_bounded_memory(tmp_path: Path) -> None:
    content = os.urandom(37 * MEGABYTE)
    path = tmp_path / "large.eml"
    path.write_bytes(
        b"From: a@x.cn\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/zip\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(content) + b"\n--b--\n"
    )
    growth, size, digest = growth_of(path)
    assert (size, digest) == (len(content), hashlib.sha256(content).hexdigest())
    assert growth < WITHIN


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (b"From: a@x.cn\nContent-Type: text/plain; charset=utf-8\n\n", "你好世界，这是一封很长的邮件。\n".encode()),
        (b"From: a@x.cn\nContent-Type: text/html; charset=utf-8\n\n", "<p>你好<b>世界</b></p>\n".encode()),
        (b"From: a@x.cn\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n", b"QUJD"),
        (b"From: a@x.cn\nContent-Type: application/zip\nContent-Transfer-Encoding: quoted-printable\n\n", b"=41"),
        (b"From: a@x.cn\n", b"X-Same: value\n"),
        (b"From: a@x.cn\nX-Long: ", b"value "),
        (b"From: a@x.cn\nContent-Type: multipart/mixed; boundary=b\n\n", b"--b\n\n"),
        (b"\xff\xfe" + "From: a@x.cn\n\n".encode("utf-16-le"), "你好世界\n".encode("utf-16-le")),
        (b"", bytes(range(256))),
    ],
    ids=[
        "text",
        "html",
        "one line of base64",
        "one line of quoted-printable",
        "fields",
        "one field",
        "parts",
        "utf-16",
        "noise",
    ],
)
def test_fifty_megabytes_of_anything_are_parsed_in_bounded_memory(tmp_path: Path, head: bytes, line: bytes) -> None:
    path = tmp_path / "large.eml"
    path.write_bytes(head + line * (50 * MEGABYTE // len(line)))
    growth, _, _ = growth_of(path)
    assert growth < WITHIN
