import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from postroad.ledger.models import Entry
from postroad.org import actions
from postroad.org.models import Contact, Department, Person, today
from postroad.org.personal import PersonalField, mask, masked, normalise, normalise_phone
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid, Refused

SYSTEM = Actor.system("test")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13812341234", "+8613812341234"),
        ("138 1234 1234", "+8613812341234"),
        ("+86 138-1234-1234", "+8613812341234"),
        ("008613812341234", "+8613812341234"),
        ("86 13812341234", "+8613812341234"),
        ("010-8888 1234", "+861088881234"),
        ("010-88881234 ext. 801", "+861088881234;ext=801"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_telephone_numbers_are_kept_in_one_form(typed, kept):
    assert normalise_phone(typed) == kept


@pytest.mark.parametrize("typed", ["12", "no number", "138123412341234567", "138****1234"])
def test_what_is_no_telephone_number_is_refused(typed):
    with pytest.raises(ValidationError):
        normalise_phone(typed)


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        (PersonalField.PHONE, "+8613812341234", "138****1234"),
        (PersonalField.PHONE, "+442079460958", "+44****0958"),
        (PersonalField.PHONE, "+8610086", "****86"),
        (PersonalField.MAIL, "zhang@example.com", "z***@example.com"),
        (PersonalField.ADDRESS, "上海市浦东新区世纪大道100号", "上海市浦东****"),
        (PersonalField.ADDRESS, "短", "****"),
        (PersonalField.MAIL, "", ""),
    ],
)
def test_masks_let_one_recognise_but_not_use_a_value(field, value, shown):
    assert mask(field, value) == shown


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["{}", "+86{}", "86 {}", " {} ", "0086{}"]))
def test_every_spelling_of_a_home_number_means_the_same_and_its_mask_hides_the_middle(number, spelling):
    kept = normalise(PersonalField.PHONE, spelling.format(number))
    assert kept == f"+86{number}"
    assert number[3:7] not in mask(PersonalField.PHONE, kept).replace(number[-4:], "").replace(number[:3], "")


def test_masks_of_many_people_cost_one_query(company, django_assert_num_queries):
    people = list(Person.objects.all())
    with django_assert_num_queries(1):
        masks = masked(people)
    assert masks[company.agent.pk] == {"mail": "a***@company.test", "phone": "138****0006", "address": ""}


def test_only_who_keeps_staff_data_may_look_and_each_look_is_one_entry(company):
    with pytest.raises(Refused):
        actions.reveal_personal(
            subject=company.agent, field=PersonalField.PHONE, reader=company.administrator, reason="x"
        )
    assert not Entry.objects.filter(event="org.person.revealed").exists()
    for _look in range(2):
        actions.reveal_personal(subject=company.agent, field=PersonalField.PHONE, reader=company.hr, reason="工伤")
    assert [entry.data for entry in Entry.objects.filter(event="org.person.revealed")] == [
        {"field": "phone", "reason": "工伤"}
    ] * 2


def test_what_was_erased_reads_as_nothing_and_stays_erased(company):
    contact = actions.match_contacts([("刘洋", "liu@sky.test")])["liu@sky.test"]
    actions.erase_personal(subject=contact, reason="撤回同意", actor=company.administration_head.as_actor())
    contact.refresh_from_db()
    assert (contact.name, contact.mail_digest, masked([contact])[contact.pk]["mail"]) == ("—", None, "")
    with pytest.raises(Conflict):
        actions.update_contact(contact=contact, personal={PersonalField.MAIL: "liu@sky.test"}, actor=SYSTEM)
    assert actions.match_contacts([("刘洋", "liu@sky.test")])["liu@sky.test"] != contact


def test_who_writes_becomes_one_contact_whatever_the_spelling_and_keeps_the_first_name(company):
    first = actions.match_contacts([("刘洋", "Liu@Sky.Test"), ("", "LIU@sky.test"), ("垃圾", "not an address")])
    again = actions.match_contacts([("Yang Liu", "liu@sky.test")])
    assert list(first) == ["liu@sky.test"]
    assert again["liu@sky.test"] == first["liu@sky.test"]
    assert again["liu@sky.test"].name == "刘洋"
    assert first["liu@sky.test"].basis == Contact.Basis.WROTE_TO_US


def test_matching_costs_one_query_for_known_and_a_constant_few_for_new_contacts(company, django_assert_num_queries):
    addresses = [(f"N{number}", f"n{number}@sky.test") for number in range(50)]
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        actions.match_contacts(addresses[:2])
    with CaptureQueriesContext(connection) as many:
        actions.match_contacts(addresses[2:])
    assert len(few) == len(many)
    with CaptureQueriesContext(connection) as known:
        assert len(actions.match_contacts(addresses)) == 50
    assert len([query for query in known if "SELECT" in query["sql"]]) == 1


def test_a_mail_address_belongs_to_one_person_at_a_time_but_a_leavers_is_free_again(company):
    with pytest.raises(Invalid) as refusal:
        actions.create_person(staff_no="N1", name="新", joined_on=today(), mail="agent@company.test", actor=SYSTEM)
    assert refusal.value.fields.keys() == {"mail"}
    person = actions.create_person(
        staff_no="N1", name="新", joined_on=today(), mail="leaver@company.test", actor=SYSTEM
    )
    assert person.mail_digest


def together(*works):
    """Run these at the same moment on connections of their own; returns what each raised, None for nothing."""
    barrier, outcomes = threading.Barrier(len(works)), [None] * len(works)

    def run(index, work):
        try:
            barrier.wait(timeout=10)
            work()
        except Exception as error:  # noqa: BLE001 - the test looks at what it was
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index, work)) for index, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_two_moves_that_together_would_close_a_circle_do_not_both_succeed():
    left = Department.objects.create(code="L", name="左")
    right = Department.objects.create(code="R", name="右")
    outcomes = together(
        lambda: actions.update_department(department=left, parent=right, actor=SYSTEM),
        lambda: actions.update_department(department=right, parent=left, actor=SYSTEM),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Invalid", "NoneType"]


@pytest.mark.django_db(transaction=True)
def test_two_intakes_that_meet_the_same_new_address_make_one_contact():
    addresses = [(f"N{number}", f"n{number}@sky.test") for number in range(20)]
    outcomes = together(*[lambda: actions.match_contacts(addresses)] * 2)
    assert outcomes == [None, None]
    assert Contact.objects.count() == 20
    assert Entry.objects.filter(event="org.contact.created").count() == 20
