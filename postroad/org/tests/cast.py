"""The named cast of all tests: one small company. Inserted in bulk, since nearly every test wants it.

Each person holds exactly the roles that their name in `Company` says, so a test on rights cannot pass by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.test import Client

from postroad.org.models import Account, Department, Person, Post, today
from postroad.org.personal import PersonalField, write
from postroad.org.roles import Role
from postroad.platform.crypto import SubjectKeys

PASSWORD = "correct horse battery 42"
JOINED = date(2020, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Company:
    """Departments headquarters > sales, service, it, administration; chen supervises all of them from the top."""

    headquarters: Department
    sales: Department
    service: Department
    it_department: Department
    administration: Department

    administrator: Person
    administration_head: Person
    administration_clerk: Person
    supervising_leader: Person
    department_head: Person
    owner: Person
    agent: Person
    agent2: Person
    desk_lead: Person
    support_specialist: Person
    it: Person
    hr: Person
    executive: Person
    auditor: Person
    stranger: Person
    leaver: Person

    password: str = PASSWORD

    def everybody(self) -> dict[str, Person]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Person)}


# field: staff number, Chinese name, English name, department, role, department of the role
PEOPLE: dict[str, tuple[str, str, str, str, Role | None, str | None]] = {
    "administrator": ("A001", "管理员", "Guan", "it_department", Role.ADMINISTRATOR, None),
    "administration_head": ("A002", "王芳", "Wang", "administration", Role.ADMINISTRATION_HEAD, "administration"),
    "administration_clerk": ("A003", "许静", "Xu", "administration", Role.ADMINISTRATION, "administration"),
    "supervising_leader": ("A004", "陈建国", "Chen", "headquarters", Role.SUPERVISING_LEADER, "headquarters"),
    "department_head": ("A005", "李娜", "Li", "sales", Role.DEPARTMENT_HEAD, "sales"),
    "owner": ("A006", "赵强", "Zhao", "sales", None, None),
    "agent": ("A007", "孙丽", "Sun", "service", Role.AGENT, "service"),
    "agent2": ("A008", "周杰", "Zhou", "service", Role.AGENT, "service"),
    "desk_lead": ("A009", "吴敏", "Wu", "service", Role.DESK_LEAD, "service"),
    "support_specialist": ("A010", "蒋涛", "Jiang", "service", Role.SUPPORT_SPECIALIST, "service"),
    "it": ("A011", "郑伟", "Zheng", "it_department", Role.IT, "it_department"),
    "hr": ("A012", "钱雪", "Qian", "administration", Role.HR, "administration"),
    "executive": ("A013", "冯远", "Feng", "headquarters", Role.EXECUTIVE, None),
    "auditor": ("A014", "何平", "He", "administration", Role.AUDITOR, None),
    "stranger": ("A015", "林晓", "Lin", "sales", None, None),
    "leaver": ("A016", "韩冰", "Han", "service", Role.AGENT, "service"),
}


def make_company() -> Company:
    departments = _departments()
    people = _people(departments)
    _posts(people, departments)
    _accounts(people)
    return Company(**departments, **people)


def sign_in(client: Client, person: Person) -> Client:
    client.force_login(person.account)
    return client


def _departments() -> dict[str, Department]:
    top = Department(code="HQ", name="总部", name_en="Headquarters")
    below = {
        "sales": Department(code="SALES", name="销售部", name_en="Sales", parent=top),
        "service": Department(code="SERVICE", name="客服部", name_en="Customer Service", parent=top),
        "it_department": Department(code="IT", name="信息部", name_en="IT", parent=top),
        "administration": Department(code="ADMIN", name="行政部", name_en="Administration", parent=top),
    }
    Department.objects.bulk_create([top, *below.values()])
    return {"headquarters": top, **below}


def _people(departments: dict[str, Department]) -> dict[str, Person]:
    people = {
        field: Person(
            staff_no=staff_no,
            name=name,
            name_en=name_en,
            department=departments[department],
            joined_on=JOINED,
            left_on=today() - timedelta(days=30) if field == "leaver" else None,
        )
        for field, (staff_no, name, name_en, department, _role, _in) in PEOPLE.items()
    }
    keys = SubjectKeys((person.pk for person in people.values()), create=True)
    for number, (field, person) in enumerate(people.items()):
        write(person, PersonalField.MAIL, f"{field}@company.test", keys=keys)
        write(person, PersonalField.PHONE, f"+861381234{number:04}", keys=keys)
    Person.objects.bulk_create(people.values())
    return people


def _posts(people: dict[str, Person], departments: dict[str, Department]) -> None:
    Post.objects.bulk_create(
        Post(
            person=people[field],
            role=role,
            department=departments[place] if place else None,
            starts_on=JOINED,
            ends_on=people[field].left_on,
        )
        for field, (_no, _name, _en, _department, role, place) in PEOPLE.items()
        if role
    )


def _accounts(people: dict[str, Person]) -> None:
    password = make_password(PASSWORD)
    accounts = [
        Account(username=field, person=person, password=password, is_active=field != "leaver")
        for field, person in people.items()
    ]
    Account.objects.bulk_create(accounts)
