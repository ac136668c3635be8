"""Files from outside: known by their bytes, limited, and never opened in a page of ours, whatever they claim to be."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from postroad.channels.models import ChannelMember
from postroad.conversations.models import Attachment
from postroad.livechat import limits, uploads
from postroad.livechat.tests.factories import chatting
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc33"
    "0000000049454e44ae426082"
)
SCRIPT = b"<script>alert(document.domain)</script>"


def zipped():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("index.html", SCRIPT)
    return held.getvalue()


HOSTILE = {
    "page.html": b"<!doctype html>" + SCRIPT,
    "page.png": b"<!doctype html>" + SCRIPT,
    "page.pdf": b"<html>" + SCRIPT,
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>",
    "drawing.png": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "both.gif": b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1);//" + SCRIPT,
    "both.png": PNG + b"<!doctype html>" + SCRIPT,
    "both.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\xff\xfe\x00\x40" + SCRIPT + b"\xff\xd9",
    "both.pdf": b"%PDF-1.7\n%" + SCRIPT + b"\n<html>" + SCRIPT,
    "sheet.xml": b'<?xml version="1.0"?><?xml-stylesheet href="javascript:alert(1)"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "page.mht": b"MIME-Version: 1.0\nContent-Type: text/html\n\n" + SCRIPT,
    "page.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "utf7.txt": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "utf16.txt": "<script>alert(1)</script>".encode("utf-16"),
    "photo.zip": zipped(),
    "both.zip": PNG + zipped(),
    "no ending": b"<html>" + SCRIPT,
    "flash.swf": b"FWS\x09" + b"\0" * 40,
}
CLAIMED = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "image/png", "nonsense", "")


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_whatever_it_is_it_is_saved_never_shown(company, chat, client, name):
    ChannelMember.objects.create(channel=chat, person=company.agent)
    sign_in(client, company.agent)
    browser = chatting(chat, "here is a file")
    for claimed in CLAIMED:
        sent = browser.send_files(SimpleUploadedFile(name, HOSTILE[name], content_type=claimed), text="see")
        assert sent.status_code == 201, sent.json()
        kept = Attachment.objects.latest("id")
        to_visitor = browser.get(f"files/{kept.pk}/")
        to_agent = client.get(f"/conversations/attachments/{kept.pk}/")
        assert b"".join(to_visitor.streaming_content) == HOSTILE[name]
        assert to_visitor.headers["Content-Type"] == "application/octet-stream"
        for response in (to_visitor, to_agent):
            assert response.status_code == 200
            assert response.headers["Content-Disposition"].startswith("attachment")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_what_is_kept_as_its_type_comes_from_the_bytes(chat):
    browser = chatting(chat, "files")
    for name in ("page.png", "drawing.png", "page.pdf"):
        browser.send_files(SimpleUploadedFile(name, HOSTILE[name], content_type="image/png"))
        assert not Attachment.objects.latest("id").content_type.startswith("image/png")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.png", "a.png"),
        ("invoice\u202egpj.exe.png", "invoice_gpj.exe.png"),
        ("a\r\nContent-Type: text/html\r\n\r\n.png", "html____.png"),
        ("\0\x01", "__"),
        ("", "file"),
        ("长" * 300 + ".png", "长" * 116 + ".png"),
        ('"><img src=x onerror=alert(1)>.png', '"><img src=x onerror=alert(1)>.png'),
    ],
)
def test_names_lose_what_could_do_harm_outside_a_page(given, kept):
    assert uploads.safe_name(given) == kept


@pytest.mark.parametrize("name", ["page.HTA", "run.ps1", "a.png.exe", "x.JAR", "s.lnk"])
def test_programs_are_refused_by_their_last_ending(chat, name):
    assert chatting(chat).send_files(SimpleUploadedFile(name, b"data")).status_code == 422
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("start", uploads.PROGRAMS)
def test_programs_are_refused_by_their_bytes_whatever_their_name(chat, start):
    named = SimpleUploadedFile("holiday.jpg", start + b"\0" * 200, content_type="image/jpeg")
    assert chatting(chat).send_files(named).status_code == 422


def test_too_large_is_refused_before_anything_is_kept(chat, monkeypatch):
    monkeypatch.setattr(limits, "LARGEST_FILE", 1000)
    two = [SimpleUploadedFile(f"{number}.txt", b"x" * 600) for number in range(2)]
    refused = chatting(chat).send_files(*two)
    assert refused.status_code == 422
    assert "together" in refused.json()["fields"]["files"]
    assert not Attachment.objects.exists()
