"""Who works here, as a directory tells it."""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from postroad.channels.protocol import Setting
from postroad.messengers.protocol.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryDepartment:
    """A department as a directory knows it. `parent_id` None: the root. `head_ids` are user ids."""

    id: str
    name: str
    parent_id: str | None = None
    head_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPerson:
    """A person as a directory knows them. Empty strings: the directory does not say (or may not)."""

    id: str
    name: str
    staff_no: str = ""
    name_en: str = ""
    mail: str = ""
    phone: str = ""
    title: str = ""
    department_ids: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class DirectorySnapshot:
    """Everybody a directory shows at one moment. `complete` False: somebody missing here proves nothing."""

    departments: tuple[DirectoryDepartment, ...]
    people: tuple[DirectoryPerson, ...]
    complete: bool = True


@runtime_checkable
class DirectorySource(Protocol):
    """Something that knows who works here: a messenger's contacts, an LDAP server. Synchronous, does network."""

    key: ClassVar[str]
    title: ClassVar[Any]
    directory_settings: ClassVar[tuple[Setting, ...]]

    def read_directory(self, account: Account) -> DirectorySnapshot:
        """Everybody, with all pages read. Raises `MessengerFault`; never returns half as if it were all."""
