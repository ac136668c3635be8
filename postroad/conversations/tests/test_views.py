"""Rich text, originals and files as the browser gets them: harmless, permitted, recorded."""

from __future__ import annotations

import pytest
from django.urls import reverse

from postroad.channels.models import ChannelMember
from postroad.conversations.actions import intake
from postroad.conversations.models import Attachment
from postroad.conversations.tests.factories import attached, incoming
from postroad.ledger.queries import history_of
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def message(channel, company):
    ChannelMember.objects.create(channel=channel, person=company.agent)
    given = incoming(
        channel,
        html='<p>你好<img src="cid:logo"><img src="https://tracker.test/a.gif"></p>',
        attachments=(
            attached("evil.html", b"<html><script>alert(1)</script>", "text/html"),
            attached("logo.png", PNG, "image/png", inline=True, content_id="<logo>"),
        ),
    )
    return intake([given])[0].message


def formatted(message):
    return reverse("conversations:formatted", args=[message.pk])


def original(message):
    return reverse("conversations:original", args=[message.pk])


def first_file(message):
    return reverse("conversations:attachment", args=[Attachment.objects.get(message=message, position=0).pk])


def test_rich_text_is_a_document_that_runs_and_fetches_nothing(client, company, message):
    response = sign_in(client, company.agent).get(formatted(message))
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "img-src data:;" in policy
    page = response.content.decode()
    assert "<p>你好" in page
    assert "data:image/png;base64," in page
    assert 'data-remote-src="https://tracker.test/a.gif"' in page


def test_remote_images_load_only_for_who_asks(client, company, message):
    response = sign_in(client, company.agent).get(formatted(message) + "?images")
    assert "img-src data: https: http:;" in response.headers["Content-Security-Policy"]
    assert ' src="https://tracker.test/a.gif"' in response.content.decode()
    assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("address", [formatted, first_file])
def test_a_message_is_for_the_channels_team_and_for_who_traces(client, company, message, address):
    assert sign_in(client, company.agent).get(address(message)).status_code == 200
    assert sign_in(client, company.owner).get(address(message)).status_code == 200
    assert sign_in(client, company.auditor).get(address(message)).status_code == 200
    assert sign_in(client, company.agent2).get(address(message)).status_code == 404
    assert sign_in(client, company.stranger).get(address(message)).status_code == 404


def test_a_file_is_saved_never_opened_and_the_look_is_recorded(client, company, message):
    response = sign_in(client, company.agent).get(first_file(message))
    assert b"".join(response.streaming_content) == b"<html><script>alert(1)</script>"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    entry = history_of(message).first()
    assert (entry.event, entry.actor_id) == ("conversations.attachment.read", str(company.agent.pk))


def test_the_original_is_for_who_traces_and_each_download_is_recorded(client, company, message):
    assert sign_in(client, company.agent).get(original(message)).status_code == 403
    assert not history_of(message).filter(event="conversations.original.read").exists()

    response = sign_in(client, company.auditor).get(original(message))
    assert b"".join(response.streaming_content).startswith(b"Message-ID:")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{message.pk}.eml"'
    entry = history_of(message).get(event="conversations.original.read")
    assert entry.actor_id == str(company.auditor.pk)


@pytest.mark.parametrize("address", [formatted, first_file, original])
def test_nothing_here_is_posted_to_or_open_to_the_world(client, company, message, address):
    assert client.get(address(message)).status_code == 302
    assert sign_in(client, company.auditor).post(address(message)).status_code == 405
