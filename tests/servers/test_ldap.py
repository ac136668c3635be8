"""The LDAP connector against a real slapd: encryption, refusals in words, paging, and the ways to departments."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from postroad.connectors.ldap import client
from postroad.connectors.ldap.connector import Ldap
from postroad.directory.models import SyncRun
from postroad.directory.tests.factories import approve, follow, make_source
from postroad.messengers.protocol import Account, MessengerFault
from postroad.org.models import Person, today
from postroad.platform.ids import new_id
from tests.servers import directoryserver
from tests.servers.directoryserver import PASSWORD, PEOPLE, READER, SUFFIX, Slapd, person, running_slapd, unit
from tests.servers.ports import free_port

MANY = 5000

# ldap3 drops a socket without closing it when a handshake fails; it is gone with the object.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """An empty directory for one test: starting it takes a tenth of a second."""
    if reason := directoryserver.missing():
        pytest.skip(reason)
    with running_slapd(tmp_path_factory.mktemp("slapd")) as server:
        yield server


def account_for(slapd: Slapd, *, password: str = PASSWORD, **settings) -> Account:
    return Account(
        messenger_id=new_id(),
        key="ldap",
        settings={
            "host": "localhost",
            "port": slapd.port,
            "security": "plain",
            "bind_dn": READER,
            "base_dn": PEOPLE,
            "flavour": "openldap",
            "departments_from": "tree",
            **settings,
        },
        secrets={"bind_password": password},
    )


def read(slapd: Slapd, **settings):
    return Ldap().read_directory(account_for(slapd, **settings))


def test_people_come_with_everything_the_directory_says_and_the_units_they_stand_in(slapd):
    slapd.add(
        [
            unit("销售部"),
            unit("华东区", below=f"ou=销售部,{PEOPLE}"),
            person(
                "E001",
                "李娜",
                below=f"ou=华东区,ou=销售部,{PEOPLE}",
                mail="li.na@company.test",
                mobile="138 0000 0001",
                title="销售经理",
            ),
            person("E002", "赵强"),
        ]
    )
    snapshot = read(slapd)
    sales, east = sorted(snapshot.departments, key=lambda one: one.parent_id or "")
    assert (sales.name, sales.parent_id) == ("销售部", None)
    assert (east.name, east.parent_id) == ("华东区", sales.id)
    li, zhao = sorted(snapshot.people, key=lambda one: one.staff_no)
    assert (li.name, li.staff_no, li.mail, li.phone, li.title) == (
        "李娜",
        "E001",
        "li.na@company.test",
        "138 0000 0001",
        "销售经理",
    )
    assert li.department_ids == (east.id,)
    assert zhao.department_ids == ()
    assert snapshot.complete


def test_the_id_of_an_entry_stays_when_it_is_renamed_and_moved(slapd):
    slapd.add([unit("a"), unit("b"), person("E001", "李娜", below=f"ou=a,{PEOPLE}")])
    [before] = read(slapd).people
    slapd.move(f"uid=e001,ou=a,{PEOPLE}", below=f"ou=b,{PEOPLE}")
    [after] = read(slapd).people
    assert after.id == before.id == slapd.lasting_id(f"uid=e001,ou=b,{PEOPLE}")
    assert after.department_ids != before.department_ids


def test_departments_come_from_an_attribute_where_the_operator_says_so(slapd):
    slapd.add([person("E001", "李娜", departmentNumber="Sales"), person("E002", "赵强", departmentNumber="sales")])
    snapshot = read(slapd, departments_from="attribute")
    assert [one.name for one in snapshot.departments] in (["Sales"], ["sales"])
    assert {one.department_ids for one in snapshot.people} == {("sales",)}


def test_departments_come_from_groups_where_the_operator_says_so(slapd):
    li, zhao = person("E001", "李娜"), person("E002", "赵强")
    members = {"member": [li[0].upper()], "owner": [zhao[0].upper(), f"cn=nobody,{SUFFIX}"]}
    group = (f"cn=Sales,{SUFFIX}", {"objectClass": ["groupOfNames"], "cn": ["Sales"], **members})
    slapd.add([li, zhao, group])
    snapshot = read(slapd, departments_from="groups", department_base=SUFFIX)
    assert [one.name for one in snapshot.departments] == ["Sales"]
    by_name = {one.name: one for one in snapshot.people}
    assert snapshot.departments[0].head_ids == (by_name["赵强"].id,)
    assert by_name["李娜"].department_ids == (slapd.lasting_id(group[0]),)
    assert by_name["赵强"].department_ids == ()


def test_another_attribute_may_hold_the_staff_number(slapd):
    slapd.add([person("E001", "李娜", employeeType="X-77")])
    [li] = read(slapd, staff_no="employeeType").people
    assert li.staff_no == "X-77"


@pytest.mark.parametrize("security", ["ldaps", "starttls"])
def test_an_encrypted_connection_works_with_the_authority_that_signed_the_certificate(slapd, security):
    slapd.add([person("E001", "李娜")])
    port = slapd.tls_port if security == "ldaps" else slapd.port
    assert len(read(slapd, security=security, port=port, ca_file=str(slapd.authority)).people) == 1


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, client.UNTRUSTED),
        ({"host": "127.0.0.1", "ca": True}, client.UNTRUSTED),
        ({"ca_file": "/nowhere.pem"}, client.UNREADABLE_CA),
    ],
    ids=["an authority nobody told us of", "another name than the certificate's", "no file"],
)
@pytest.mark.parametrize("security", ["ldaps", "starttls"])
def test_a_certificate_that_cannot_be_trusted_ends_the_attempt_before_the_password_goes_out(
    slapd, security, settings, reason
):
    port = slapd.tls_port if security == "ldaps" else slapd.port
    settings = dict(settings)
    if settings.pop("ca", False):
        settings["ca_file"] = str(slapd.authority)
    with pytest.raises(MessengerFault) as refused:
        read(slapd, security=security, port=port, **settings)
    assert refused.value.reason == reason
    assert refused.value.permanent


def test_refusals_are_told_in_words(slapd):
    for settings, reason in (
        ({"password": "wrong"}, client.REFUSALS[49]),
        ({"bind_dn": "no name"}, client.REFUSALS[34]),
        ({"base_dn": f"ou=nowhere,{SUFFIX}"}, client.REFUSALS[32]),
        ({"port": free_port()}, client.UNREACHABLE),
    ):
        with pytest.raises(MessengerFault) as refused:
            read(slapd, **settings)
        assert refused.value.reason == reason
        assert PASSWORD not in str(refused.value)


def test_five_thousand_people_are_read_page_by_page(tmp_path):
    if reason := directoryserver.missing():
        pytest.skip(reason)
    units = [unit(f"部门{number}") for number in range(50)]
    people = [
        person(f"E{number:05}", f"员工{number}", below=f"ou=部门{number % 50},{PEOPLE}") for number in range(MANY)
    ]
    with running_slapd(tmp_path, entries=[*units, *people]) as slapd:
        snapshot = read(slapd)
    assert len(snapshot.departments) == 50
    assert {one.staff_no for one in snapshot.people} == {f"E{number:05}" for number in range(MANY)}
    assert all(one.department_ids for one in snapshot.people)


def test_a_list_that_the_server_cuts_off_is_never_taken_for_everybody(slapd, monkeypatch):
    monkeypatch.setattr(client, "PAGE", None)
    slapd.add(person(f"E{number:04}", f"员工{number}") for number in range(520))
    with pytest.raises(MessengerFault) as refused:
        read(slapd)
    assert refused.value.reason == client.REFUSALS[client.SIZE_LIMIT]


@pytest.mark.django_db
def test_a_company_follows_its_directory_from_the_first_reading_to_a_leaver(slapd, company):
    """The whole way: connect, preview, first reading approved, a move, a leaver, too many leavers."""
    slapd.add([unit("研发部"), unit("测试组", below=f"ou=研发部,{PEOPLE}")])
    below = f"ou=研发部,{PEOPLE}"
    slapd.add(person(f"L{number:03}", f"员工{number}", below=below) for number in range(30))
    source = make_source(
        company,
        connector="ldap",
        settings=dict(account_for(slapd, security="ldaps", port=slapd.tls_port, ca_file=str(slapd.authority)).settings),
        secrets={"bind_password": PASSWORD},
    )
    assert approve(outside_transaction(source), company).people_new == 30
    assert Person.objects.get(staff_no="L001").department.name == "研发部"

    slapd.move(f"uid=l001,{below}", below=f"ou=测试组,{below}")
    slapd.remove(f"uid=l002,{below}")
    run = outside_transaction(source)
    assert (run.state, run.people_changed, run.people_ended) == (run.State.APPLIED, 1, 1)
    assert Person.objects.get(staff_no="L001").department.name == "测试组"
    assert Person.objects.get(staff_no="L002").left_on == today()

    for number in range(3, 6):
        slapd.remove(f"uid=l{number:03},{below}")
    assert outside_transaction(source).hold == run.Hold.TOO_MANY
    assert Person.objects.get(staff_no="L003").left_on is None


def outside_transaction(source) -> SyncRun:
    """The connector refuses to do network in a transaction; the test's own does not count."""
    with patch("postroad.connectors.ldap.connector.not_in_a_transaction"):
        return follow(source)
