"""Setting a live chat up: who may, what is checked, what is shown."""

import pytest

from postroad.ledger.models import Entry
from postroad.livechat.events import Event
from postroad.livechat.models import ChatSettings
from postroad.livechat.tests.factories import SITE
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db

GIVEN = {"sites": SITE, "colour": "#0b5f6b", "mail": "optional", "proactive_after": "30"}


def test_the_list_leads_to_each_chat(company, chat, client):
    sign_in(client, company.desk_lead)
    assert f"/livechat/{chat.key}/" in client.get("/livechat/").content.decode()


def test_a_chat_is_set_up_and_that_is_on_record(company, chat, client):
    sign_in(client, company.desk_lead)
    given = GIVEN | {"sites": "https://shop.test\n https://www.shop.test/ ", "greeting": "欢迎", "proactive": "on"}
    assert client.post(f"/livechat/{chat.key}/save/", given).status_code == 302
    settings = ChatSettings.objects.get()
    assert settings.allowed_origins == ["https://shop.test", "https://www.shop.test"]
    assert (settings.greeting, settings.proactive) == ("欢迎", True)
    [entry] = Entry.objects.filter(event=Event.SETTINGS_CHANGED)
    assert set(entry.data["fields"].split(", ")) == {"allowed_origins", "greeting", "proactive"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("sites", "shop.test/path"), ("colour", "red"), ("proactive_after", "1"), ("mail", "sometimes")],
)
def test_what_cannot_be_is_refused_at_its_field(company, chat, client, field, value):
    sign_in(client, company.desk_lead)
    response = client.post(f"/livechat/{chat.key}/save/", GIVEN | {field: value})
    assert response.status_code == 422
    assert ChatSettings.objects.get().allowed_origins == [SITE]


def test_who_only_sees_changes_nothing(company, chat, client):
    sign_in(client, company.auditor)
    assert client.get(f"/livechat/{chat.key}/").status_code == 200
    assert client.post(f"/livechat/{chat.key}/save/", GIVEN).status_code == 403
    assert client.post(f"/livechat/{chat.key}/identity/").status_code == 403
    sign_in(client, company.stranger)
    assert client.get(f"/livechat/{chat.key}/").status_code == 403


def test_the_identity_key_is_shown_once_and_kept_sealed(company, chat, client):
    sign_in(client, company.it)
    page = client.post(f"/livechat/{chat.key}/identity/").content.decode()
    settings = ChatSettings.objects.get()
    assert settings.identity_secret in page
    assert settings.identity_secret.encode() not in bytes(settings.sealed_identity_secret)
    assert settings.identity_secret not in client.get(f"/livechat/{chat.key}/").content.decode()


def test_the_preview_and_the_page_of_its_own_carry_the_widget(company, chat, client):
    assert "/chat/widget.js" in client.get(f"/chat/{chat.key}/").content.decode()
    assert client.get("/chat/no-such/").status_code == 404
    sign_in(client, company.desk_lead)
    assert "/chat/widget.js" in client.get(f"/livechat/{chat.key}/preview/").content.decode()


def test_the_widget_comes_packed_from_an_address_that_never_changes(client):
    plain = client.get("/chat/widget.js")
    packed = client.get("/chat/widget.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < 20 * 1024 < len(plain.content)
    assert packed.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get("/chat/widget.js", headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304
