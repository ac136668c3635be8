"""A directory in memory, and sources made by the actions."""

from dataclasses import replace
from typing import Any, ClassVar

from postroad.channels.protocol import Setting, SettingKind
from postroad.directory import actions
from postroad.directory.models import Source, SyncRun
from postroad.messengers.protocol import (
    Account,
    DirectoryDepartment,
    DirectoryPerson,
    DirectorySnapshot,
    MessengerFault,
)


class MemoryDirectory:
    """Says what a test tells it to say."""

    key: ClassVar[str] = "memory"
    title: ClassVar[Any] = "Memory"
    directory_settings: ClassVar[tuple[Setting, ...]] = (
        Setting("host", "Host", required=True),
        Setting("password", "Password", SettingKind.SECRET),
    )

    def __init__(self) -> None:
        self.people: dict[str, DirectoryPerson] = {}
        self.departments: dict[str, DirectoryDepartment] = {}
        self.complete = True
        self.fault: MessengerFault | None = None
        self.accounts: list[Account] = []

    def read_directory(self, account: Account) -> DirectorySnapshot:
        self.accounts.append(account)
        if self.fault:
            raise self.fault
        return DirectorySnapshot(tuple(self.departments.values()), tuple(self.people.values()), complete=self.complete)

    def add(self, entry_id: str, name: str, **more: Any) -> DirectoryPerson:
        more.setdefault("staff_no", entry_id.upper())
        self.people[entry_id] = DirectoryPerson(id=entry_id, name=name, **more)
        return self.people[entry_id]

    def change(self, entry_id: str, **values: Any) -> None:
        self.people[entry_id] = replace(self.people[entry_id], **values)

    def remove(self, entry_id: str) -> None:
        del self.people[entry_id]

    def add_department(
        self, entry_id: str, name: str, parent_id: str | None = None, head_ids: tuple[str, ...] = ()
    ) -> None:
        self.departments[entry_id] = DirectoryDepartment(id=entry_id, name=name, parent_id=parent_id, head_ids=head_ids)


def make_source(company, *, key: str = "memory", **values: Any) -> Source:
    values = {"name": "员工目录", "connector": "memory", "settings": {"host": "localhost"}, **values}
    particulars = actions.Particulars(**values)
    return actions.connect_source(key=key, particulars=particulars, actor=company.it.as_actor())


def follow(source: Source, *, trial: bool = False) -> SyncRun:
    """Read the source now, as the worker would."""
    run = actions.start_run(source=source, trial=trial)
    return finish(run)


def finish(run: SyncRun) -> SyncRun:
    actions.read_source(run_id=run.pk)
    actions.apply_run(run_id=run.pk)
    run.refresh_from_db()
    return run


def approve(run: SyncRun, company) -> SyncRun:
    actions.approve_run(run=run, reason="looked at", approver=company.administration_head)
    return finish(run)
