"""Making the demo company: through the same actions that people use, once; a second call finds it and does nothing."""

import secrets
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction

from postroad.channels.models import Channel
from postroad.demo.access import grant_permissions
from postroad.demo.accounts import make_key_accounts
from postroad.demo.cast import COLLEAGUES, DEPARTMENTS, DOMAIN, SIGN_INS, Colleague
from postroad.demo.channels import make_calendar, register_channels
from postroad.demo.direct import register_presales
from postroad.demo.groups import declare_groups
from postroad.demo.handing_out import set_up_handing_out
from postroad.demo.knowledge import write_articles
from postroad.demo.messenger import open_messenger
from postroad.demo.ratings import ask_customers
from postroad.demo.tiers import lead_on
from postroad.demo.visitors import register_chat
from postroad.demo.workplace import furnish
from postroad.demo.writing import set_up_writing
from postroad.org.actions import create_department, create_person, open_account, open_post
from postroad.org.models import Department, Person
from postroad.org.roles import ROLES_OF_A_DEPARTMENT, Role
from postroad.platform.actors import Actor
from postroad.supervision.actions import make_screen

SETUP = Actor.system("demo")
FOUNDED = date(2019, 3, 1)
ON_THE_WALL = ("customer-service", "hotline", "web-chat")


def make_company() -> bool:
    """Makes departments, people and accounts; False if they are there already."""
    if Person.objects.filter(staff_no=COLLEAGUES[0].staff_no).exists():
        return False
    with transaction.atomic():
        departments = _make_departments()
        for number, colleague in enumerate(COLLEAGUES):
            _hire(colleague, departments, number=number)
        make_calendar(actor=SETUP)
        people = {one.staff_no: person_of(one.staff_no) for one in COLLEAGUES}
        register_channels(people, actor=SETUP)
        register_chat(people, actor=SETUP)
        set_up_writing(people)
        furnish(people)
        set_up_handing_out(people)
        lead_on(people)
        write_articles(people)
        ask_customers(people)
        grant_permissions(people)
        make_key_accounts(people, actor=SETUP)
        make_screen(name="客服大厅", channels=Channel.objects.filter(key__in=ON_THE_WALL), person=people["QH005"])
    return True


def open_the_messenger() -> bool:
    """Connects the company's messenger with its groups; False if it is there already."""
    opened = open_messenger(actor=SETUP)
    opened = register_presales(actor=SETUP) or opened
    with transaction.atomic():
        declared = declare_groups({one.staff_no: person_of(one.staff_no) for one in COLLEAGUES}, actor=SETUP)
    return opened or declared


def sign_ins() -> list[tuple[str, str, str]]:
    """User name, name and title of those whom the demo's password opens, in the order to try them."""
    people = {colleague.staff_no: colleague for colleague in COLLEAGUES}
    return [(username_of(people[number]), people[number].name, people[number].title) for number in SIGN_INS]


def password() -> str:
    """The one password of all demo accounts: made at random per installation and kept beside its other secrets."""
    path: Path = settings.HOME / "secrets" / "demo_password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(f"yidao-{secrets.randbelow(900_000) + 100_000}")
    return path.read_text().strip()


def username_of(colleague: Colleague) -> str:
    """Given name first, as people are called at the company: `xiaoyu.sun`."""
    family, given = colleague.name_en.lower().split()
    return f"{given}.{family}"


def person_of(staff_no: str) -> Person:
    return Person.objects.select_related("department").get(staff_no=staff_no)


def _make_departments() -> dict[str, Department]:
    made: dict[str, Department] = {}
    for code, name, name_en, parent in DEPARTMENTS:
        made[code] = create_department(
            code=code, name=name, name_en=name_en, parent=made[parent] if parent else None, actor=SETUP
        )
    return made


def _hire(colleague: Colleague, departments: dict[str, Department], *, number: int) -> None:
    department = departments[colleague.department]
    person = create_person(
        staff_no=colleague.staff_no,
        name=colleague.name,
        name_en=colleague.name_en,
        department=department,
        title=colleague.title,
        joined_on=FOUNDED,
        mail=f"{username_of(colleague)}@{DOMAIN}",
        phone=f"1380010{number:04}",
        actor=SETUP,
    )
    for role in colleague.roles:
        open_post(
            person=person,
            role=role,
            department=_department_of_post(role, department),
            starts_on=FOUNDED,
            actor=SETUP,
        )
    open_account(person=person, username=username_of(colleague), password=password(), actor=SETUP)


def _department_of_post(role: Role, department: Department) -> Department | None:
    return department if role in ROLES_OF_A_DEPARTMENT or role is Role.AGENT else None
