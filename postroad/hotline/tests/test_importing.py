"""Call records from a file: encodings, columns, errors row by row, all or nothing, the same again."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from postroad.desk.models import Case
from postroad.hotline import actions
from postroad.hotline.models import Call, CallBack, RecordsImport, State
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Invalid

pytestmark = pytest.mark.usefixtures("clock")

CHINESE = (
    "开始时间,主叫号码,呼叫方向,状态,振铃时长,通话时长,分机\n"
    "2026-05-18 08:30:00,13800138000,呼入,已接,12,3:20,6001\n"
    "2026/5/18 8:40,13900139000,呼入,未接,30,0,6001\n"
    "2026-05-18 08:45:00,13900139000,呼出,接通,5,75,6002\n"
    "2026-05-18 08:50:00,匿名,呼入,未接,20,,\n"
    "2026-05-18 08:55:00,010-62780000,呼入,留言,25,,\n"
)


def upload(channel, company, content, name="话单.csv"):
    content = content if isinstance(content, bytes) else content.encode()
    return actions.upload_records(channel=channel, file=BytesIO(content), file_name=name, person=company.it)


def apply(records):
    actions.request_apply(records=records)
    actions.apply_records(records_id=records.pk)
    records.refresh_from_db()
    return records


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_a_file_is_read_in_whichever_encoding_it_is(channel, company, encoding):
    records = upload(channel, company, CHINESE.encode(encoding))
    assert (records.state, records.rows, records.calls) == ("ready", 5, 5)
    assert not Call.objects.exists()


def test_all_of_it_is_taken_in_and_what_was_called_back_is_settled(channel, company):
    records = apply(upload(channel, company, CHINESE))
    assert (records.state, records.sealed_content, records.calls) == ("applied", None, 5)
    states = list(Call.objects.order_by("started_at").values_list("state", flat=True))
    assert states == [State.ANSWERED, State.MISSED, State.ANSWERED, State.MISSED, State.VOICEMAIL]
    first = Call.objects.earliest("started_at")
    assert (first.agent, first.spoken.total_seconds(), first.waited.total_seconds()) == (company.agent, 200, 12)
    assert sorted(CallBack.objects.values_list("outcome", flat=True)) == ["", "settled"]
    assert sorted(Case.objects.values_list("state", flat=True)) == ["new", "solved"]


def test_the_same_file_again_changes_nothing(channel, company):
    apply(upload(channel, company, CHINESE))
    before = list(Call.objects.order_by("id").values())
    again = apply(upload(channel, company, CHINESE.encode("gbk")))
    assert (again.events_new, again.events_known) == (0, 13)
    assert list(Call.objects.order_by("id").values()) == before
    assert Case.objects.count() == 2


def test_errors_are_told_row_by_row_and_nothing_is_taken_in(channel, company):
    wrong = (
        CHINESE
        + "yesterday,13800138000,呼入,已接,1,1,6001\n"
        + "2030-01-01 10:00,13800138000,呼入,已接,1,1,6001\n"
        + "2026-05-18 09:00,客户,呼入,已接,1,1,6001\n"
        + "2026-05-18 09:00,13800138000,左,不知道,很久,1,6001\n"
    )
    records = upload(channel, company, wrong)
    assert (records.state, records.faulty_rows) == ("faulty", 4)
    told = [(one["row"], one["column"], one["reason"]) for one in records.problems]
    assert told == [
        (7, "started", "no-time"),
        (8, "started", "in-future"),
        (9, "number", "no-number"),
        (10, "waited", "no-length"),
        (10, "direction", "no-direction"),
        (10, "result", "no-result"),
    ]
    from postroad.platform.errors import Conflict

    with pytest.raises(Conflict):
        actions.request_apply(records=records)
    assert not Call.objects.exists()


def test_columns_nobody_knows_are_named_once_and_remembered(channel, company):
    strange = "Zeit;Nummer;Gesprochen\n2026-05-18 09:00:00;13800138000;75\n"
    records = upload(channel, company, strange)
    assert records.state == RecordsImport.State.MAPPING
    with pytest.raises(Invalid):
        actions.name_columns(records=records, columns={"started": "Zeit", "number": "Nummer"})
    with pytest.raises(Invalid):
        actions.name_columns(records=records, columns={"started": "Zeit", "number": "Zeit", "spoken": "Gesprochen"})
    named = {"started": "Zeit", "number": "Nummer", "spoken": "Gesprochen"}
    assert actions.name_columns(records=records, columns=named).state == "ready"
    assert upload(channel, company, strange.replace("09:00", "09:30")).state == "ready"


def test_a_call_that_was_imported_with_other_values_is_not_overwritten(channel, company):
    head = "uniqueid,calldate,src,billsec,disposition\n"
    apply(upload(channel, company, head + "a-1,2026-05-18 09:00:00,13800138000,75,ANSWERED\n"))
    changed = head + "a-2,2026-05-18 09:10:00,13800138001,5,ANSWERED\na-1,2026-05-18 09:00:00,13800138000,99,ANSWERED\n"
    records = apply(upload(channel, company, changed))
    assert (records.state, records.problems[0]["reason"]) == ("faulty", "other-before")
    assert Call.objects.get().external_id == "a-1"


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0old", b"\x00\x01\x02\x81\xff" * 9])
def test_what_is_no_table_is_refused_with_a_word(client, channel, company, content):
    it = sign_in(client, company.it)
    file = SimpleUploadedFile("x.csv", content)
    answer = it.post(reverse("hotline:records", args=[channel.key]), {"file": file})
    assert answer.status_code == 422
    assert not RecordsImport.objects.exists()


def test_a_file_without_rows_is_faulty(channel, company):
    assert upload(channel, company, CHINESE.split("\n", maxsplit=1)[0]).problems[0]["reason"] == "no-rows"


def test_the_pages_lead_from_the_file_to_the_calls(client, channel, company):
    it = sign_in(client, company.it)
    file = SimpleUploadedFile("话单.csv", CHINESE.encode("gbk"))
    page = it.post(reverse("hotline:records", args=[channel.key]), {"file": file}, follow=True)
    records = RecordsImport.objects.get()
    assert page.redirect_chain[-1][0] == records.get_absolute_url()
    it.post(reverse("hotline:records_apply", args=[channel.key, records.pk]))
    assert it.get(reverse("hotline:records_progress", args=[channel.key, records.pk])).status_code == 200
    actions.apply_records(records_id=records.pk)
    assert "话单.csv" in it.get(records.get_absolute_url()).content.decode()
    assert it.post(reverse("hotline:records_discard", args=[channel.key, records.pk])).status_code == 409
    assert Call.objects.count() == 5


def test_who_may_not_import_cannot(client, channel, company):
    assert sign_in(client, company.agent).get(reverse("hotline:records", args=[channel.key])).status_code == 403


def test_the_file_is_kept_sealed_and_no_longer_than_needed(channel, company):
    records = upload(channel, company, CHINESE)
    assert b"13800138000" not in bytes(records.sealed_content)
    actions.discard_records(records=records)
    records.refresh_from_db()
    assert records.sealed_content is None
