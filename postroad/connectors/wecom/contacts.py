"""Who works here, as WeCom's contacts show it to the app: its visible range, and only fields it may see."""

from typing import Any

from postroad.connectors.wecom.api import Api
from postroad.messengers.protocol import Account, DirectoryDepartment, DirectoryPerson, DirectorySnapshot

ROOT_ID = 1
# Of `status`: 2 switched off, 5 has left the company. 4 has not signed in yet and counts as here.
NOT_HERE = frozenset({2, 5})


def sees_everybody(api: Api) -> bool:
    """Whether the app's visible range is the whole company, which group chats need."""
    return any(department["id"] == ROOT_ID for department in api.get("department/simplelist")["department_id"])


def read_directory(api: Api, account: Account) -> DirectorySnapshot:
    departments = api.get("department/list")["department"]
    known = {department["id"] for department in departments}
    people: dict[str, DirectoryPerson] = {}
    for department in departments:
        for user in api.get("user/list", department_id=department["id"])["userlist"]:
            people.setdefault(user["userid"].casefold(), _person(user, account))
    return DirectorySnapshot(
        departments=tuple(_department(department, known) for department in _in_order(departments)),
        people=tuple(people.values()),
        complete=ROOT_ID in known,
    )


def _in_order(departments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(departments, key=lambda department: (-department.get("order", 0), department["id"]))


def _department(department: dict[str, Any], known: set[int]) -> DirectoryDepartment:
    parent = department.get("parentid")
    return DirectoryDepartment(
        id=str(department["id"]),
        name=department.get("name", ""),
        parent_id=str(parent) if parent in known else None,
        head_ids=tuple(department.get("department_leader", ())),
    )


def _person(user: dict[str, Any], account: Account) -> DirectoryPerson:
    return DirectoryPerson(
        id=user["userid"],
        name=user.get("name", ""),
        staff_no=_staff_no(user, account),
        name_en=user.get("english_name", ""),
        mail=user.get("biz_mail") or user.get("email", ""),
        phone=user.get("mobile", ""),
        title=user.get("position", ""),
        department_ids=tuple(str(department) for department in user.get("department", ())),
        active=user.get("status") not in NOT_HERE,
    )


def _staff_no(user: dict[str, Any], account: Account) -> str:
    attribute = account.settings.get("staff_no_attribute")
    if not attribute:
        return str(user["userid"]) if account.settings.get("staff_no_is_user_id", True) else ""
    for one in user.get("extattr", {}).get("attrs", ()):
        if one.get("name") == attribute:
            return str(one.get("text", {}).get("value") or one.get("value", ""))
    return ""
