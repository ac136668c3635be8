"""Signatures, addresses to write from, files of earlier messages, what is said out of hours, and who is away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from postroad.channels.protocol import AutoKind, Recipient, RecipientRole
from postroad.channels.queries import endpoint_of
from postroad.connectors.mail.compose import compose
from postroad.conversations.actions.outbox import _outgoing
from postroad.conversations.models import Attachment, Message
from postroad.conversations.tests.factories import attached
from postroad.desk import actions, queries, signing
from postroad.desk.actions import After, Letter
from postroad.desk.models import CaseState, Cover, Draft, MailRules, Queue, SenderAddress
from postroad.desk.queries import Promise
from postroad.desk.tests.factories import CUSTOMER, MONDAY_TEN, follow_on, mail, make_desk, promise_of, reply
from postroad.org.models import today
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Invalid, NotFound, Refused
from postroad.platform.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DAY = timedelta(days=1)
EVENING = MONDAY_TEN + timedelta(hours=9)


def sign(person, channel=None, *, owner="self", **values):
    texts = {"text": "", "text_en": "", "html": "", "html_en": ""} | values
    return actions.save_signature(owner=person if owner == "self" else None, channel=channel, person=person, **texts)


# --- signatures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("请问发票何时寄出？", "zh-hans"),
        ("When will the invoice come?", "en"),
        ("Order 4711 何时到？", "zh-hans"),
        ("Dear 孙丽, where is the parcel that I ordered last week?", "en"),
        ("", "zh-hans"),
        ("12345 !!", "zh-hans"),
    ],
)
def test_the_language_is_what_the_customer_wrote_in(text, language):
    assert signing.language_of(text) == language


def test_a_signature_is_filled_in_and_lines_that_stay_empty_go(company, channel):
    sign(company.agent, text="{name}\n{title}\n{department} · {channel}\n{nonsense} {{x}}")
    sent = reply(mail(channel, text="你好"), company.agent)
    body, signature = sent.text.split("\n\n-- \n")
    assert body == "好的，已处理。"
    lines = signature.split("\n")
    assert lines[0] == "孙丽"
    assert "客户服务邮箱" in lines[-2]
    assert lines[-1] == "{nonsense} {{x}}"
    assert sent.html == ""


def test_the_nearest_signature_counts(company, channel):
    sign(company.desk_lead, channel, owner="channel", text="channel's")
    assert reply(mail(channel), company.agent).text.endswith("channel's")
    sign(company.agent, text="mine")
    assert reply(mail(channel), company.agent).text.endswith("mine")
    sign(company.agent, channel, text="mine here")
    assert reply(mail(channel), company.agent).text.endswith("mine here")
    assert reply(mail(channel), company.agent2).text.endswith("channel's")
    sign(company.agent, channel)
    assert reply(mail(channel), company.agent).text.endswith("mine")


def test_who_writes_english_gets_the_english_signature(company, channel):
    sign(company.agent, text="此致", text_en="Kind regards, {name}")
    english = mail(channel, subject="Invoice", text="When will the invoice come, please?")
    assert reply(english, company.agent).text.endswith("Kind regards, Sun")
    assert reply(mail(channel, subject="发票", text="何时寄出？"), company.agent).text.endswith("此致")


def test_a_formatted_signature_goes_out_with_the_text_and_cannot_run_anything(company, channel):
    sign(company.agent, text="孙丽", html='<b onclick="x()">{name}</b><script>alert(1)</script>')
    sent = reply(mail(channel, text="你好"), company.agent, text="1 < 2\nzweite <script>Zeile</script>")
    assert "<b>孙丽</b>" in sent.html
    assert "1 &lt; 2<br>" in sent.html
    assert "script>" not in sent.html
    assert "onclick" not in sent.html
    assert sent.text.endswith("-- \n孙丽")


def test_a_formatted_signature_alone_is_refused(company):
    with pytest.raises(Invalid):
        sign(company.agent, html="<b>x</b>")


def test_one_mail_can_go_without_it(company, channel):
    sign(company.agent, text="mine")
    case = mail(channel)
    sent = actions.reply(
        case=case, text="kurz", recipients=[CUSTOMER], after=After.OPEN, signed=False, person=company.agent
    )
    assert sent.text == "kurz"


# --- addresses to write from ----------------------------------------------------------------------------------------


@pytest.fixture
def further(channel):
    return SenderAddress.objects.create(channel=channel, address="vip@company.test", name="VIP 服务")


def written_to(channel, address, **values):
    return mail(channel, recipients=(Recipient(RecipientRole.TO, "", address),), **values)


def test_a_reply_is_written_from_the_address_the_customer_wrote_to(company, channel, further):
    sent = reply(written_to(channel, "VIP@company.test".lower()), company.agent)
    assert (sent.sender_name, sent.sender_address, sent.reply_address) == (
        "VIP 服务",
        "vip@company.test",
        "vip@company.test",
    )
    own = reply(written_to(channel, channel.address), company.agent)
    assert (own.sender_name, own.sender_address) == ("孙丽", channel.address)


def test_the_agent_chooses_and_the_mail_says_so(company, channel, further):
    SenderAddress.objects.filter(pk=further.pk).update(answers_here=False)
    case = mail(channel)
    sent = actions.reply(
        case=case, text="x", recipients=[CUSTOMER], after=After.OPEN, sender="vip@company.test", person=company.agent
    )
    headers = compose(endpoint_of(channel), _outgoing(sent)).content.decode()
    assert "<vip@company.test>" in headers.split("From: ")[1].split("\r\n")[0]
    assert f"\r\nReply-To: {channel.address}" in headers
    plain = compose(endpoint_of(channel), _outgoing(reply(mail(channel), company.agent))).content.decode()
    assert "\r\nReply-To" not in plain


def test_an_address_that_is_not_the_teams_is_refused(company, channel):
    other = make_desk(company, "sales")
    SenderAddress.objects.create(channel=other, address="vip@company.test")
    with pytest.raises(Invalid) as refused:
        actions.send(
            case=mail(channel),
            letter=Letter(to=CUSTOMER.address, text="x", sender="vip@company.test"),
            key=new_id(),
            person=company.agent,
        )
    assert "sender" in refused.value.fields


@pytest.mark.parametrize(
    "address", ["ceo@bank.example", "x@evilcompany.test", "service@company.test", "vip@company.test"]
)
def test_only_own_addresses_can_be_added_and_each_once(company, channel, further, address):
    with pytest.raises(Invalid):
        actions.add_sender(channel=channel, address=address, name="", answers_here=True, person=company.desk_lead)


def test_another_channels_address_asks_for_answers_here(company, channel):
    make_desk(company, "sales", address="sales@other.example")
    added = actions.add_sender(
        channel=channel, address="sales@other.example", name="", answers_here=True, person=company.desk_lead
    )
    assert not added.answers_here


def test_a_blind_copy_gets_the_mail_and_is_named_nowhere_in_it(company, channel):
    case = mail(channel)
    to = [CUSTOMER, Recipient(RecipientRole.BCC, "", "chef@company.test")]
    sent = actions.reply(case=case, text="x", recipients=to, after=After.OPEN, person=company.agent)
    composed = compose(endpoint_of(channel), _outgoing(sent))
    assert "chef@company.test" in composed.recipients
    assert b"chef@" not in composed.content


# --- files of earlier messages --------------------------------------------------------------------------------------


def test_a_file_of_the_customer_goes_along_without_being_stored_again(client, company, channel):
    earlier = mail(channel, attachments=(attached("vertrag.pdf", b"%PDF-1.7 x"),))
    case = mail(channel)
    file = Attachment.objects.get()
    agent = sign_in(client, company.agent)
    offered = agent.get(reverse("desk:known_files", args=[case.number])).content.decode()
    assert "vertrag.pdf" in offered
    given = {"to": CUSTOMER.address, "text": "half"}
    taken = agent.post(reverse("desk:take_file", args=[case.number, file.pk]), given)
    assert "vertrag.pdf" in taken.content.decode()
    draft = queries.open_draft(case, company.agent)
    assert (draft.text, draft.attachments.get().blob_id) == ("half", file.blob_id)
    sent = reply(case, company.agent)
    assert sent.attachments.get().blob_id == file.blob_id
    assert earlier != case


def test_files_one_may_not_read_are_neither_offered_nor_taken(company, channel):
    other = make_desk(company, "secret", team=False)
    mail(other, attachments=(attached("geheim.pdf", b"%PDF-1.7 x"),), sender_address="x@other.test")
    case, file = mail(channel), Attachment.objects.get()
    assert queries.files_to_take(case, person=company.agent, words="geheim") == []
    with pytest.raises(NotFound):
        actions.attach_known(case=case, attachment_id=file.pk, person=company.agent)
    assert not Draft.objects.exists()


def test_words_find_files_of_other_customers_that_one_may_read(company, channel):
    mail(channel, attachments=(attached("preisliste.pdf", b"%PDF-1.7 x"),), sender_address="x@other.test")
    case = mail(channel)
    assert queries.files_to_take(case, person=company.agent, words="") == []
    assert [one.name for one in queries.files_to_take(case, person=company.agent, words="preis")] == ["preisliste.pdf"]


# --- out of hours ---------------------------------------------------------------------------------------------------


@pytest.fixture
def away(channel):
    return MailRules.objects.create(
        channel=channel, away_reply=True, away_text="我们 {opens} 回来（{number}）", away_text_en="We are back {opens}"
    )


def answered(*messages):
    return actions.answer_away([message.pk for message in messages])


def last_of(case):
    return queries.messages_of(case).last()


def test_who_writes_while_we_are_closed_is_told_when_we_open_once_a_day(company, channel, away, clock):
    clock.move_to(EVENING)
    case = mail(channel, text="你好", received_at=EVENING)
    assert answered(last_of(case)) == 1
    told = Message.objects.get(direction="out")
    assert told.text == f"我们 5月19日 星期二 09:00 回来（#{case.number}）"
    assert (told.auto, told.person) == (AutoKind.REPLY, None)
    follow_on(case, received_at=EVENING)
    assert answered(last_of(case)) == 0
    clock.shift(DAY)
    follow_on(case, text="Are you there again? Please answer.", subject="Hello", received_at=EVENING + DAY)
    assert answered(last_of(case)) == 1
    assert promise_of(case, Promise.FIRST_REPLY).state == "running"


@pytest.mark.parametrize(
    "values", [{"may_autorespond": False}, {"auto": AutoKind.LIST}, {"auto": AutoKind.REPLY}, {"auto": AutoKind.BOUNCE}]
)
def test_robots_and_lists_are_told_nothing(channel, away, clock, values):
    clock.move_to(EVENING)
    assert answered(last_of(mail(channel, received_at=EVENING, **values))) == 0


def test_while_we_are_open_the_queues_acknowledgement_is_sent_instead(channel, away):
    Queue.objects.create(channel=channel, acknowledge=True, acknowledgement="Eingegangen: {number}")
    case = mail(channel)
    assert answered(last_of(case)) == 0
    assert Message.objects.get(direction="out").text == f"Eingegangen: #{case.number}"


def test_out_of_hours_nobody_gets_both(channel, away, clock):
    Queue.objects.create(channel=channel, acknowledge=True, acknowledgement="Eingegangen: {number}")
    clock.move_to(EVENING)
    case = mail(channel, received_at=EVENING)
    first = queries.messages_of(case).first()
    assert answered(first) == 1
    assert answered(first) == 0
    assert Message.objects.filter(direction="out").count() == 1


# --- who is away ----------------------------------------------------------------------------------------------------


def enter(absent, person=None, **values):
    given = {"starts_on": today(), "ends_on": today() + 2 * DAY, "deputy": None, "open_cases": Cover.OpenCases.TEAM}
    return actions.enter_absence(absent=absent, person=person or absent, **(given | values))


def test_cases_in_hand_go_back_to_the_team_and_waiting_ones_when_the_customer_answers(company, channel):
    working, waiting = mail(channel), mail(channel)
    for case in (working, waiting):
        actions.take(case=case, person=company.agent)
    actions.wait(case=waiting, person=company.agent)
    enter(company.agent)
    working.refresh_from_db()
    waiting.refresh_from_db()
    assert (working.assignee, waiting.assignee) == (None, company.agent)
    follow_on(waiting)
    assert actions.hand_over_absent() == 1
    waiting.refresh_from_db()
    assert (waiting.assignee, waiting.state) == (None, CaseState.OPEN)


def test_cases_in_hand_go_to_the_deputy_unless_they_are_away_too(company, channel):
    first, second = mail(channel), mail(channel)
    actions.take(case=first, person=company.agent)
    enter(company.agent, deputy=company.agent2, open_cases=Cover.OpenCases.DEPUTY)
    first.refresh_from_db()
    assert first.assignee == company.agent2
    assert promise_of(first, Promise.ANSWER).responsible == company.agent2
    enter(company.agent2)
    actions.assign(cases=[second], assignee=company.agent, person=company.desk_lead)
    actions.hand_over_absent()
    second.refresh_from_db()
    assert second.assignee is None


def test_who_is_away_gets_no_new_cases(company, channel):
    Queue.objects.create(channel=channel, routing=["least-busy"])
    absence = enter(company.agent)
    assert {mail(channel).assignee for _ in range(3)} == {company.agent2}
    actions.end_absence(absence=absence, person=company.desk_lead)
    assert company.agent in {mail(channel).assignee for _ in range(4)}


def test_an_absence_of_others_is_for_who_runs_queues(company, client):
    with pytest.raises(Refused):
        enter(company.agent2, person=company.agent)
    absence = enter(company.agent2, person=company.desk_lead)
    with pytest.raises(Refused):
        actions.end_absence(absence=absence, person=company.agent)
    agent = sign_in(client, company.agent)
    given = {"person": company.desk_lead.pk, "starts_on": today(), "ends_on": today(), "open_cases": "team"}
    assert agent.post(reverse("desk:absences"), given).status_code == 422


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_on": "2026-05-10"}, "ends_on"),
        ({"open_cases": "deputy"}, "deputy"),
        ({"starts_on": "nonsense"}, "starts_on"),
    ],
)
def test_a_mistake_in_an_absence_is_shown_at_its_field(client, company, channel, values, field):
    agent = sign_in(client, company.agent)
    given = {"person": company.agent.pk, "starts_on": "2026-05-18", "ends_on": "2026-05-19", "open_cases": "team"}
    answer = agent.post(reverse("desk:absences"), given | values)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


# --- pages ----------------------------------------------------------------------------------------------------------


def test_how_mail_is_written_is_set_on_one_page(client, company, channel):
    lead = sign_in(client, company.desk_lead)
    url = reverse("desk:mail", args=[channel.key])
    assert lead.get(url).status_code == 200
    rules = {"do": "rules", "rules-undo_seconds": 20, "rules-away_reply": "on", "rules-away_text": "zu"}
    assert lead.post(url, rules).status_code == 302
    assert lead.post(url, rules | {"rules-away_text": ""}).status_code == 422
    assert lead.post(url, {"do": "signature", "signature-text": "客服"}).status_code == 302
    assert lead.post(url, {"do": "sender", "sender-address": "a@company.test"}).status_code == 302
    refused = lead.post(url, {"do": "sender", "sender-address": "a@elsewhere.example"})
    assert "address" in refused.context["sender_form"].errors
    assert MailRules.objects.get().undo_seconds == 20
    sender = channel.sender_addresses.get()
    assert lead.post(reverse("desk:sender_remove", args=[channel.key, sender.pk])).status_code == 302
    assert not channel.sender_addresses.exists()
    assert sign_in(client, company.agent).get(url).status_code == 403


def test_an_agent_writes_their_own_signature(client, company, channel):
    agent = sign_in(client, company.agent)
    url = reverse("desk:signatures")
    assert agent.post(url, {"text": "此致"}).status_code == 302
    assert agent.post(f"{url}?channel={channel.key}", {"text": "hier"}).status_code == 302
    assert agent.get(url).context["form"].initial["text"] == "此致"
    assert agent.post(url, {"html": "<b>x</b>"}).status_code == 422
    case = mail(channel)
    assert "hier" in agent.get(case.get_absolute_url()).context["signature"]


def test_mail_that_was_held_back_stands_in_ones_work(client, company, channel):
    case = mail(channel)
    actions.send(
        case=case, letter=Letter(to=CUSTOMER.address, text="x"), key=new_id(), at=MONDAY_TEN + DAY, person=company.agent
    )
    follow_on(case)
    assert f"#{case.number}" in sign_in(client, company.agent).get("/").content.decode()
    assert "desk-held" in client.get(case.get_absolute_url()).content.decode()


def test_a_program_among_the_files_is_refused_and_the_words_are_kept(client, company, channel):
    case = mail(channel)
    given = {"to": CUSTOMER.address, "text": "x", "files": SimpleUploadedFile("virus.exe", b"MZ")}
    answer = sign_in(client, company.agent).post(reverse("desk:reply", args=[case.number]), given)
    assert answer.status_code == 422
    assert queries.open_draft(case, company.agent).text == "x"
