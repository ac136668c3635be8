"""The examples of the operator guide are run as they are printed, in both languages of the guide."""

import base64
import hashlib
import hmac
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from postroad.hotline import actions
from postroad.hotline.models import Call
from postroad.hotline.tests.factories import TEST, make_hotline
from postroad.livechat import identity

GUIDES = [Path(__file__).resolve().parents[1] / "docs" / name for name in ("operator-guide.md", "operator-guide.zh.md")]


def example(guide: Path, language: str, *, containing: str) -> str:
    """The one block of code in that language with these words in it, unindented."""
    blocks = re.findall(rf"```{language}\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    [found] = [block for block in blocks if containing in block]
    return found


@pytest.fixture
def hotline(company, live_server):
    channel = make_hotline(company, "service-hotline")
    secret = actions.change_secret(channel=channel, at_once=False, actor=TEST)
    return live_server.url + reverse("hotline:events", args=[channel.key]), secret


@pytest.mark.parametrize("guide", GUIDES, ids=lambda one: one.name)
@pytest.mark.django_db(transaction=True)
def test_the_call_event_in_python_is_taken_in_once(hotline, guide):
    url, secret = hotline
    names: dict = {}
    exec(compile(example(guide, "python", containing="def tell("), guide.name, "exec"), names)
    event = {"id": "1700.42-1", "call": "1700.42", "type": "ringing", "at": timezone.now().isoformat()}
    assert names["tell"](url, secret, event) == {"new": 1, "known": 0}
    assert names["tell"](url, secret, event) == {"new": 0, "known": 1}
    assert Call.objects.get().external_id == "1700.42"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda one: one.name)
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="not installed: curl, openssl")
def test_the_call_event_in_shell_is_taken_in(hotline, guide):
    url, secret = hotline
    script = example(guide, "sh", containing="openssl dgst")
    script = re.sub(r"^secret=.*$", f"secret='{secret}' url='{url}'", script, count=1, flags=re.MULTILINE)
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=60, check=False)
    assert json.loads(done.stdout) == {"new": 1, "known": 0}, done.stderr
    assert Call.objects.get().state == "ringing"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda one: one.name)
def test_the_signed_identity_is_believed(guide):
    claims = {"id": "42", "name": "李雷", "mail": "lilei@example.com", "exp": int(timezone.now().timestamp()) + 60}
    names = {"base64": base64, "hashlib": hashlib, "hmac": hmac, "json": json, "claims": claims, "key": "k" * 32}
    exec(compile(example(guide, "python", containing="urlsafe_b64encode"), guide.name, "exec"), names)
    signed = f"{names['payload']}.{names['signature']}"
    assert identity.read(signed, secret="k" * 32) == identity.Identity("42", "李雷", "lilei@example.com")
    assert identity.read(signed, secret="another") is None
