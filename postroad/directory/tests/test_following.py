"""Following a directory: what is taken over, what is held, what is left to a person, and that nothing is half done."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postroad.directory import actions, queries
from postroad.directory.actions import following
from postroad.directory.models import Conflict, Source, SourcePerson, SyncRun
from postroad.directory.tests.factories import approve, finish, follow, make_source
from postroad.ledger.models import Entry
from postroad.messengers.protocol import MessengerFault
from postroad.org.actions import end_person
from postroad.org.models import Account, Department, Person, today
from postroad.org.personal import PersonalField, digest
from postroad.platform.errors import Conflict as Clash
from postroad.platform.errors import Invalid

pytestmark = pytest.mark.django_db
State, Hold, Kind, Choice = SyncRun.State, SyncRun.Hold, Conflict.Kind, Conflict.Choice


def open_kinds(source: Source) -> list[str]:
    return sorted(queries.open_conflicts(source).values_list("kind", flat=True))


def person(staff_no: str) -> Person:
    return Person.objects.select_related("department").get(staff_no=staff_no)


def settle(source: Source, kind: Kind, choice: Choice, company) -> SyncRun:
    conflict = queries.open_conflicts(source).get(kind=kind)
    actions.settle_conflict(conflict=conflict, choice=choice, reason="asked them", chooser=company.hr)
    return finish(source.runs.latest("id"))


def test_the_first_reading_is_shown_before_it_is_applied(company, outside):
    outside.add("u1", "新人", mail="new@company.test")
    source = make_source(company)
    run = follow(source)
    assert (run.state, run.hold, run.people_new) == (State.HELD, Hold.FIRST, 1)
    assert not Person.objects.filter(staff_no="U1").exists()
    run = approve(run, company)
    assert (run.state, run.people_new, run.sealed_reading) == (State.APPLIED, 1, None)
    new = person("U1")
    assert (new.name, new.joined_on, bytes(new.mail_digest)) == (
        "新人",
        today(),
        digest(PersonalField.MAIL, "new@company.test"),
    )
    assert queries.source_answering_for(new) == source
    assert Account.objects.filter(person=new, is_active=True).exists()


def test_departments_come_with_their_tree_and_people_stand_in_them(source):
    testing = Department.objects.get(name="测试组")
    assert testing.parent.name == "研发部"
    assert person("M001").department == testing
    assert person("M002").department.name == "研发部"


def test_reading_the_same_again_changes_nothing_and_says_so(source):
    entries = Entry.objects.count()
    run = follow(source)
    assert (run.state, run.people_new, run.people_changed, run.people_unchanged) == (State.APPLIED, 0, 0, 40)
    assert Entry.objects.count() == entries


def test_changed_fields_and_moves_between_departments_are_taken_over(source, outside):
    outside.change("u1", title="工程师", phone="13800000001", department_ids=("d1",))
    run = follow(source)
    changed = person("M001")
    assert (run.state, run.people_changed) == (State.APPLIED, 1)
    assert (changed.title, changed.department.name) == ("工程师", "研发部")
    assert bytes(changed.phone_digest) == digest(PersonalField.PHONE, "+8613800000001")
    assert run.planned["lines"] == [{"staff_no": "M001", "new": False, "fields": ["title", "department", "phone"]}]


def test_departments_are_renamed_moved_and_closed_when_they_are_gone_and_empty(source, outside):
    outside.add_department("d2", "质量组")
    outside.add_department("d3", "空的")
    follow(source)
    quality = Department.objects.get(name="质量组")
    assert quality.parent is None
    assert not Department.objects.filter(name="测试组").exists()
    del outside.departments["d3"]
    follow(source)
    assert Department.objects.get(name="空的").ended_on == today()
    assert Department.objects.get(name="质量组").ended_on is None


def test_who_is_gone_from_the_directory_leaves_with_account_and_posts(source, outside):
    outside.remove("u7")
    run = follow(source)
    left = person("M007")
    assert (run.state, run.people_ended, left.left_on) == (State.APPLIED, 1, today())
    assert not left.account.is_active
    assert follow(source).people_ended == 0


def test_who_is_disabled_in_the_directory_leaves_too(source, outside):
    outside.change("u7", active=False)
    follow(source)
    assert person("M007").left_on == today()


def test_people_whom_another_entered_are_never_ended_by_a_directory(source, outside, company):
    follow(source)
    company.stranger.refresh_from_db()
    assert company.stranger.left_on is None


def test_ending_more_than_five_per_cent_is_held_until_somebody_says_why(source, outside, company):
    for number in range(3):
        outside.remove(f"u{number}")
    outside.change("u9", title="不会先写")
    run = follow(source)
    assert (run.state, run.hold) == (State.HELD, Hold.TOO_MANY)
    assert sorted(run.planned["ends"]) == sorted(str(person(f"M00{number}").pk) for number in range(3))
    assert person("M000").left_on is None
    assert person("M009").title == ""
    run = approve(run, company)
    assert (run.state, run.people_ended, person("M000").left_on) == (State.APPLIED, 3, today())


def test_two_people_of_forty_may_end_and_small_steps_within_a_day_count_together(source, outside):
    for number in range(2):
        outside.remove(f"u{number}")
        assert follow(source).state == State.APPLIED
    outside.remove("u2")
    assert follow(source).hold == Hold.TOO_MANY


def test_what_somebody_approved_does_not_count_against_the_next_reading(source, outside, company):
    for number in range(3):
        outside.remove(f"u{number}")
    approve(follow(source), company)
    outside.remove("u3")
    assert follow(source).state == State.APPLIED


def test_a_list_that_grew_since_it_was_approved_is_held_again(source, outside, company):
    for number in range(3):
        outside.remove(f"u{number}")
    run = follow(source)
    run.planned["ends"].pop()
    run.save(update_fields=["planned"])
    assert approve(run, company).state == State.HELD
    assert person("M000").left_on is None


def test_a_directory_that_shows_nobody_is_held(source, outside):
    outside.people.clear()
    run = follow(source)
    assert (run.state, run.hold) == (State.HELD, Hold.EMPTY)


def test_a_directory_that_does_not_show_everybody_is_held_and_ends_nobody_it_does_not_show(source, outside, company):
    outside.complete = False
    outside.remove("u1")
    outside.change("u2", title="组长")
    run = follow(source)
    assert (run.state, run.hold) == (State.HELD, Hold.INCOMPLETE)
    approve(run, company)
    assert person("M001").left_on is None
    assert person("M002").title == "组长"


def test_a_newer_reading_takes_the_place_of_a_held_one(source, outside, company):
    outside.people.clear()
    old, new = follow(source), follow(source)
    old.refresh_from_db()
    assert (old.state, new.state) == (State.REPLACED, State.HELD)
    with pytest.raises(Clash):
        actions.approve_run(run=old, reason="late", approver=company.administration_head)
    actions.discard_run(run=new, reason="a mistake over there", actor=company.it.as_actor())
    new.refresh_from_db()
    assert (new.state, new.sealed_reading) == (State.DISCARDED, None)


def test_a_trial_shows_what_would_be_done_and_does_nothing(source, outside):
    outside.add("u99", "新人")
    run = follow(source, trial=True)
    assert (run.state, run.people_new) == (State.LOOKED, 1)
    assert not Person.objects.filter(staff_no="U99").exists()


def test_a_crash_in_the_middle_leaves_nothing_half_done_and_the_next_attempt_does_it_all(source, outside, monkeypatch):
    outside.change("u1", title="工程师")
    outside.remove("u2")
    run = actions.start_run(source=source)
    with monkeypatch.context() as broken:
        broken.setattr(following, "keep_conflicts", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            actions.read_source(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == State.READ
    assert (person("M001").title, person("M002").left_on) == ("", None)
    run = finish(run)
    assert (run.state, person("M001").title, person("M002").left_on) == (State.APPLIED, "工程师", today())


def test_a_directory_that_cannot_be_read_is_said_to_fail_once_and_to_work_again(source, outside):
    outside.fault = MessengerFault("The server cannot be reached.")
    assert follow(source).state == follow(source).state == State.FAILED
    source.refresh_from_db()
    assert (source.healthy, source.health_detail) == (False, "The server cannot be reached.")
    outside.fault = None
    follow(source)
    source.refresh_from_db()
    assert source.healthy
    told = [entry.event for entry in Entry.objects.filter(event__startswith="directory.source.").order_by("seq")]
    assert told[-2:] == ["directory.source.failed", "directory.source.recovered"]


def test_secrets_reach_the_connector_and_are_not_kept_in_plain(company, outside):
    source = make_source(company, secrets={"password": "s3cret"})
    follow(source)
    assert outside.accounts[0].secrets == {"password": "s3cret"}
    assert b"s3cret" not in bytes(Source.objects.get(pk=source.pk).sealed_secrets)
    actions.change_source(
        source=source,
        particulars=actions.Particulars(name="新名", connector="memory", settings={"host": "other"}),
        actor=company.it.as_actor(),
    )
    assert queries.secrets_of(Source.objects.get(pk=source.pk)) == {"password": "s3cret"}


def test_a_source_needs_its_settings_and_a_sensible_schedule(company, outside):
    with pytest.raises(Invalid) as refused:
        make_source(company, settings={}, every_minutes=1)
    assert set(refused.value.fields) == {"host", "every_minutes"}


def test_what_is_due_is_read_and_what_died_is_given_up(company, outside):
    source = make_source(company, every_minutes=60)
    assert actions.start_due() == 1
    assert actions.start_due() == 0
    run = source.runs.get()
    assert run.state == State.READING
    with pytest.raises(Clash):
        actions.start_run(source=source)


def test_a_suspended_directory_is_not_read(source, company):
    actions.suspend_source(source=source, reason="moving", actor=company.it.as_actor())
    with pytest.raises(Clash):
        actions.start_run(source=source)


def test_retiring_leaves_the_people_to_be_kept_by_hand(source, company):
    actions.retire_source(source=source, reason="replaced", actor=company.it.as_actor())
    assert person("M001").left_on is None
    assert queries.source_answering_for(person("M001")) is None


# --- conflicts -----------------------------------------------------------------------------------------------


def test_somebody_entered_by_hand_is_not_taken_over_without_a_word(source, outside, company):
    outside.add("x", "林晓", staff_no="A015", title="顾问")
    follow(source)
    assert open_kinds(source) == [Kind.OWNED_BY_HAND]
    assert person("A015").title == ""
    settle(source, Kind.OWNED_BY_HAND, Choice.TAKE, company)
    assert person("A015").title == "顾问"
    assert queries.source_answering_for(person("A015")) == source
    assert open_kinds(source) == []


def test_a_source_that_adopts_takes_over_whoever_has_the_same_number_and_name(source, outside):
    Source.objects.update(adopts=True)
    outside.add("x", " 林 晓", staff_no="a015", title="顾问")
    follow(source)
    assert open_kinds(source) == []
    assert person("A015").title == "顾问"


def test_the_same_number_with_another_name_is_never_merged(source, outside, company):
    Source.objects.update(adopts=True)
    outside.add("x", "别人", staff_no="A015")
    follow(source)
    follow(source)
    assert open_kinds(source) == [Kind.NAME_DIFFERS]
    assert person("A015").name == "林晓"
    settle(source, Kind.NAME_DIFFERS, Choice.KEEP, company)
    outside.change("x", title="改了")
    follow(source)
    assert open_kinds(source) == []
    assert (person("A015").name, person("A015").title) == ("林晓", "")


def test_what_is_ignored_comes_back_when_it_changes(source, outside, company):
    outside.add("x", "别人", staff_no="A015")
    follow(source)
    settle(source, Kind.NAME_DIFFERS, Choice.IGNORE, company)
    assert open_kinds(source) == []
    outside.change("x", title="改了")
    follow(source)
    assert open_kinds(source) == [Kind.NAME_DIFFERS]


def test_they_are_the_same_person_makes_them_one(source, outside, company):
    outside.add("x", "林小晓", staff_no="A015")
    follow(source)
    settle(source, Kind.NAME_DIFFERS, Choice.SAME, company)
    assert person("A015").name == "林小晓"


def test_two_entries_with_one_mail_address_wait_until_one_is_chosen(source, outside, company):
    outside.add("x", "甲", staff_no="X1", mail="same@company.test")
    outside.add("y", "乙", staff_no="X2", mail="Same@company.test")
    follow(source)
    assert open_kinds(source) == [Kind.TWICE, Kind.TWICE]
    assert not Person.objects.filter(staff_no__in=["X1", "X2"]).exists()
    chosen = queries.open_conflicts(source).get(external_id="x")
    actions.settle_conflict(conflict=chosen, choice=Choice.TAKE, reason="the real one", chooser=company.hr)
    finish(source.runs.latest("id"))
    assert person("X1").name == "甲"
    assert not Person.objects.filter(staff_no="X2").exists()
    assert open_kinds(source) == []


def test_an_entry_with_the_mail_address_of_somebody_else_waits(source, outside, company):
    outside.add("x", "林晓", staff_no="NEW-1", mail="stranger@company.test")
    follow(source)
    assert open_kinds(source) == [Kind.MAIL_TAKEN]
    settle(source, Kind.MAIL_TAKEN, Choice.SAME, company)
    company.stranger.refresh_from_db()
    assert company.stranger.staff_no == "NEW-1"


def test_an_entry_without_staff_number_waits_unless_the_source_may_use_its_id(source, outside):
    outside.add("wang.wu", "王五", staff_no="")
    follow(source)
    assert open_kinds(source) == [Kind.NO_STAFF_NO]
    Source.objects.update(takes_user_id=True)
    follow(source)
    assert open_kinds(source) == []
    assert person("wang.wu").name == "王五"


def test_who_left_and_shows_up_again_waits(source, outside, company):
    outside.add("x", "韩冰", staff_no="A016")
    follow(source)
    assert open_kinds(source) == [Kind.RETURNED]
    assert person("A016").left_on is not None
    settle(source, Kind.RETURNED, Choice.TAKE, company)
    assert person("A016").left_on is None
    assert follow(source).people_changed == 0


def test_who_was_ended_by_the_directory_and_shows_up_again_waits_too(source, outside, company):
    entry = outside.people["u7"]
    outside.remove("u7")
    follow(source)
    outside.people["u7"] = entry
    follow(source)
    assert open_kinds(source) == [Kind.RETURNED]
    settle(source, Kind.RETURNED, Choice.TAKE, company)
    assert person("M007").left_on is None
    assert SourcePerson.objects.get(external_id="u7").ended_at is None


def test_a_leaver_recorded_by_hand_is_not_brought_back_by_a_directory_that_does_not_know_yet(source, company):
    end_person(person=person("M007"), left_on=today(), actor=company.hr.as_actor())
    follow(source)
    assert person("M007").left_on == today()


def test_another_source_cannot_take_a_person_away_silently(source, outside, company, monkeypatch):
    other = make_source(company, key="other")
    approve(follow(other), company)
    assert set(open_kinds(other)) == {Kind.OWNED_ELSEWHERE, Kind.DEPARTMENT_EXISTS}
    assert queries.source_answering_for(person("M001")) == source
    for kind, choice in ((Kind.OWNED_ELSEWHERE, Choice.TAKE), (Kind.DEPARTMENT_EXISTS, Choice.SAME)):
        actions.settle_alike(source=other, kind=kind, choice=choice, reason="moved over", chooser=company.hr)
    run = finish(other.runs.latest("id"))
    assert queries.source_answering_for(person("M001")) == other
    assert run.state == State.APPLIED
    settle(other, Kind.DEPARTMENT_EXISTS, Choice.SAME, company)  # the one below it, whose place is clear now
    assert open_kinds(other) == []
    assert not source.people.filter(owns=True).exists()


def test_an_entry_made_anew_under_another_id_stays_the_same_person(source, outside):
    entry = outside.people.pop("u7")
    outside.add("u7-again", entry.name, staff_no=entry.staff_no)
    run = follow(source)
    assert (run.people_ended, open_kinds(source)) == (0, [])
    assert person("M007").left_on is None
    assert SourcePerson.objects.get(person=person("M007"), owns=True).external_id == "u7-again"


def test_departments_below_nothing_and_in_circles_wait(source, outside, company):
    outside.add_department("lost", "飞地", "nowhere")
    outside.add_department("a", "甲部", "b")
    outside.add_department("b", "乙部", "a")
    follow(source)
    assert open_kinds(source) == [Kind.CYCLE, Kind.CYCLE, Kind.UNKNOWN_PARENT]
    assert not Department.objects.filter(name__in=["飞地", "甲部", "乙部"]).exists()
    settle(source, Kind.UNKNOWN_PARENT, Choice.TAKE, company)
    assert Department.objects.get(name="飞地").parent is None


def test_a_department_of_the_same_name_waits_until_somebody_says_it_is_the_same(source, outside, company):
    source = Source.objects.get(pk=source.pk)
    source.below = company.headquarters
    source.save()
    outside.add_department("s", "销售部")
    follow(source)
    assert open_kinds(source) == [Kind.DEPARTMENT_EXISTS]
    settle(source, Kind.DEPARTMENT_EXISTS, Choice.SAME, company)
    assert source.departments.get(external_id="s").department == company.sales
    assert Department.objects.filter(name="销售部").count() == 1


def test_a_value_that_cannot_be_taken_is_shown_and_the_rest_is_taken(source, outside):
    outside.change("u1", phone="extension 12", title="工程师")
    follow(source)
    [conflict] = queries.open_conflicts(source)
    assert (conflict.kind, conflict.fields) == (Kind.BAD_VALUE, ["phone"])
    assert person("M001").title == "工程师"
    outside.change("u1", phone="")
    follow(source)
    assert open_kinds(source) == []


def test_a_new_staff_number_is_taken_over_unless_somebody_has_it(source, outside):
    outside.change("u1", staff_no="N-1")
    outside.change("u2", staff_no="A015")
    follow(source)
    assert person("N-1").name == "员工1"
    assert open_kinds(source) == [Kind.STAFF_NO_TAKEN]
    assert person("M002").name == "员工2"


def test_a_choice_that_makes_no_sense_is_refused_and_one_made_meanwhile_is_told(source, outside, company):
    outside.add("x", "别人", staff_no="A015")
    follow(source)
    conflict = queries.open_conflicts(source).get()
    with pytest.raises(Invalid):
        actions.settle_conflict(conflict=conflict, choice=Choice.TAKE, reason="", chooser=company.hr)
    actions.settle_conflict(conflict=conflict, choice=Choice.KEEP, reason="", chooser=company.hr)
    with pytest.raises(Clash):
        actions.settle_conflict(conflict=conflict, choice=Choice.KEEP, reason="", chooser=company.hr)


def test_personal_data_of_a_reading_is_never_in_plain(source, outside):
    outside.add("x", "别人", staff_no="A015", mail="secret.person@company.test")
    outside.people |= {f"n{n}": outside.add(f"n{n}", f"新{n}", mail=f"new{n}@company.test") for n in range(3)}
    outside.people.clear()
    follow(source)
    with connection.cursor() as cursor:
        for table in ("directory_syncrun", "directory_conflict", "directory_sourceperson", "ledger_entry"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert "company.test" not in (cursor.fetchone()[0] or "")


def test_the_number_of_statements_does_not_grow_with_the_number_of_people(source, outside):
    def statements(count: int, start: int) -> int:
        for number in range(count):
            outside.add(f"new{start + number}", f"新{start + number}", staff_no=f"N{start + number:04}")
        run = actions.start_run(source=source)
        with CaptureQueriesContext(connection) as made:
            finish(run)
        return len(made)

    assert statements(3, 0) == statements(60, 100)
