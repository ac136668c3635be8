"""Who works here, as DingTalk's contacts show it: the tree of departments walked from its root, page by page."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from postroad.connectors.dingtalk.api import Api
from postroad.messengers.protocol import DirectoryDepartment, DirectoryPerson, DirectorySnapshot

ROOT_ID = 1
PAGE = 100


def sees_contacts(api: Api) -> None:
    """Raises `MessengerFault` when the root of the company is out of the app's contact scope."""
    api.old_post("topapi/v2/department/get", {"dept_id": ROOT_ID})


def read_directory(api: Api) -> DirectorySnapshot:
    """Everybody: a root out of scope is an error and not a small company."""
    root = api.old_post("topapi/v2/department/get", {"dept_id": ROOT_ID})["result"]
    departments = [root, *_below(api, ROOT_ID)]
    heads: defaultdict[str, list[str]] = defaultdict(list)
    people: dict[str, DirectoryPerson] = {}
    for department in departments:
        for user in _users(api, department["dept_id"]):
            people.setdefault(user["userid"].casefold(), _person(user))
            if user.get("leader"):
                heads[str(department["dept_id"])].append(user["userid"])
    return DirectorySnapshot(
        departments=tuple(_department(one, heads) for one in departments), people=tuple(people.values())
    )


def _below(api: Api, department_id: int) -> Iterator[dict[str, Any]]:
    for child in api.old_post("topapi/v2/department/listsub", {"dept_id": department_id})["result"]:
        yield child
        yield from _below(api, child["dept_id"])


def _users(api: Api, department_id: int) -> Iterator[dict[str, Any]]:
    cursor: int | None = 0
    while cursor is not None:
        body = {"dept_id": department_id, "cursor": cursor, "size": PAGE}
        page = api.old_post("topapi/v2/user/list", body)["result"]
        yield from page["list"]
        cursor = page["next_cursor"] if page.get("has_more") else None


def _department(department: dict[str, Any], heads: dict[str, list[str]]) -> DirectoryDepartment:
    department_id = str(department["dept_id"])
    parent = department.get("parent_id")
    return DirectoryDepartment(
        id=department_id,
        name=department.get("name", ""),
        parent_id=None if department["dept_id"] == ROOT_ID or parent is None else str(parent),
        head_ids=tuple(heads.get(department_id, ())),
    )


def _person(user: dict[str, Any]) -> DirectoryPerson:
    """Whoever is listed works here; `active` only says whether they have signed in to DingTalk."""
    return DirectoryPerson(
        id=user["userid"],
        name=user.get("name", ""),
        staff_no=user.get("job_number", ""),
        mail=user.get("org_email") or user.get("email", ""),
        phone=user.get("mobile", ""),
        title=user.get("title", ""),
        department_ids=tuple(str(one) for one in user.get("dept_id_list", ())),
    )
