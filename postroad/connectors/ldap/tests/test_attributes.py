"""How entries are read, for what a test server cannot show: Active Directory."""

from uuid import UUID

import pytest

from postroad.connectors.ldap.attributes import ACTIVE_DIRECTORY, OPENLDAP, entry_id, is_active, read_person, wanted

GUID = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")


def test_an_entry_of_active_directory_is_read_by_its_own_names():
    values = {
        "objectguid": [GUID.bytes_le],
        "employeeid": [b"E001"],
        "displayname": ["李娜".encode()],
        "mail": [b"li.na@company.test"],
        "mobile": [b" ", b"138 0000 0001"],
        "useraccountcontrol": [b"512"],
    }
    person = read_person(values, ACTIVE_DIRECTORY, department_ids=("d",))
    assert (person.id, person.staff_no, person.name, person.phone, person.active, person.department_ids) == (
        str(GUID),
        "E001",
        "李娜",
        "138 0000 0001",
        True,
        ("d",),
    )


@pytest.mark.parametrize(
    ("values", "active"),
    [
        ({}, True),
        ({"useraccountcontrol": [b"512"]}, True),
        ({"useraccountcontrol": [b"514"]}, False),
        ({"useraccountcontrol": [b"66050"]}, False),
        ({"nsaccountlock": [b"TRUE"]}, False),
        ({"pwdaccountlockedtime": [b"000001010000Z"]}, False),
        ({"pwdaccountlockedtime": [b"20260101000000Z"]}, True),
    ],
)
def test_a_disabled_account_is_somebody_who_left_and_one_locked_for_a_while_is_not(values, active):
    assert is_active(values) is active


def test_the_operator_may_name_other_attributes_and_an_empty_setting_changes_nothing():
    attributes = OPENLDAP.with_settings({"staff_no": "uidNumber", "mail": "", "id": "cn"})
    assert (attributes.staff_no, attributes.mail, attributes.id) == ("uidNumber", "mail", "entryUUID")
    assert "uidNumber" in wanted(attributes)


def test_a_name_is_taken_from_the_common_name_where_there_is_no_display_name():
    person = read_person({"cn": [b"Li Na"]}, OPENLDAP, department_ids=())
    assert (person.name, entry_id({}, OPENLDAP)) == ("Li Na", "")
