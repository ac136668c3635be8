"""People and departments as an LDAP server tells of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from ldap3.utils.dn import parse_dn

from postroad.channels.protocol import Setting, SettingKind
from postroad.connectors.ldap.attributes import (
    DEFAULTS,
    NAMES_INSTEAD,
    OPENLDAP,
    Attributes,
    entry_id,
    read_person,
    text,
    texts,
    wanted,
)
from postroad.connectors.ldap.client import Client, Entry, signed_in
from postroad.messengers.protocol import (
    Account,
    DirectoryDepartment,
    DirectoryPerson,
    DirectorySnapshot,
    MessengerFault,
)
from postroad.platform.network import not_in_a_transaction

NO_LASTING_ID = gettext_noop(
    "The entries show no lasting id (entryUUID, objectGUID). Choose the right kind of server, or let the account "
    "read it."
)
# Who answers for a unit or group, as distinguished names (RFC 4519: owner; the Active Directory schema: managedBy).
HEADS = ("managedBy", "owner")
DEFAULT = _("Empty: the usual one of this kind of server.")


class Ldap:
    """Reads a whole directory: departments from the tree, from an attribute or from groups, then the people."""

    key: ClassVar[str] = "ldap"
    title: ClassVar[Any] = _("LDAP directory (OpenLDAP, Active Directory)")
    directory_settings: ClassVar[tuple[Setting, ...]] = (
        Setting("host", _("Server"), required=True, help_text=_("The name in its certificate: ldap.example.com.")),
        Setting(
            "security",
            _("Encryption"),
            SettingKind.CHOICE,
            required=True,
            default="ldaps",
            choices=(
                ("ldaps", _("LDAPS")),
                ("starttls", _("StartTLS")),
                ("plain", _("None: only on a network of your own")),
            ),
        ),
        Setting("port", _("Port"), SettingKind.NUMBER, default=0, help_text=_("0: 636 for LDAPS, 389 for the others.")),
        Setting(
            "ca_file",
            _("Certificate of your authority"),
            help_text=_("A PEM file on this server. Empty: the authorities the system trusts."),
        ),
        Setting("bind_dn", _("Signs in as"), help_text=_("cn=reader,dc=example,dc=com, or reader@example.com.")),
        Setting("bind_password", _("Password"), SettingKind.SECRET),
        Setting("base_dn", _("People are below"), required=True, help_text=_("ou=people,dc=example,dc=com")),
        Setting(
            "flavour",
            _("Kind of server"),
            SettingKind.CHOICE,
            required=True,
            default="openldap",
            choices=(("openldap", "OpenLDAP"), ("active-directory", "Active Directory")),
        ),
        Setting(
            "departments_from",
            _("Departments come from"),
            SettingKind.CHOICE,
            required=True,
            default="tree",
            choices=(
                ("tree", _("The tree: organisational units")),
                ("attribute", _("An attribute of each person")),
                ("groups", _("Groups")),
                ("none", _("Nowhere: the directory does not know them")),
            ),
        ),
        Setting("department_base", _("Departments are below"), help_text=_("Empty: where the people are.")),
        Setting("department", _("Attribute: department"), help_text=DEFAULT),
        Setting("person_filter", _("Which entries are people"), help_text=_("An LDAP filter. Empty: the usual one.")),
        Setting("staff_no", _("Attribute: staff number"), help_text=DEFAULT),
        Setting("name", _("Attribute: name"), help_text=DEFAULT),
        Setting("name_en", _("Attribute: English name"), help_text=_("Empty: not taken.")),
        Setting("mail", _("Attribute: mail address"), help_text=DEFAULT),
        Setting("phone", _("Attribute: telephone"), help_text=DEFAULT),
        Setting("title", _("Attribute: job title"), help_text=DEFAULT),
    )

    def read_directory(self, account: Account) -> DirectorySnapshot:
        """Everybody below the base. Raises `MessengerFault`, also for a list that the server cuts off."""
        not_in_a_transaction()
        settings = account.settings
        attributes = DEFAULTS.get(str(settings.get("flavour")), OPENLDAP).with_settings(settings)
        base = str(settings.get("base_dn") or "")
        with signed_in(account) as client:
            places = _Places.read(client, settings, attributes)
            people = {
                _plain(entry.dn): _person(entry, attributes, places)
                for entry in client.search(base, attributes.person_filter, wanted(attributes))
            }
        return DirectorySnapshot(places.with_heads(people), tuple(people.values()))


class _Places:
    """The departments of a directory, and which of them an entry belongs to."""

    def __init__(self, way: str) -> None:
        self.departments: dict[str, DirectoryDepartment] = {}
        self._way = way
        self._by_dn: dict[str, str] = {}
        self._groups_of: dict[str, list[str]] = {}
        self._heads: dict[str, list[str]] = {}

    @classmethod
    def read(cls, client: Client, settings: Mapping[str, Any], attributes: Attributes) -> "_Places":
        way = str(settings.get("departments_from") or "tree")
        base = str(settings.get("department_base") or settings.get("base_dn") or "")
        places = cls(way)
        if way == "tree":
            names = [attributes.id, "ou", *HEADS]
            places._add_units(client.search(base, attributes.department_filter, names), attributes, base)
        elif way == "groups":
            names = [attributes.id, "cn", "member", "uniqueMember", *HEADS]
            places._add_groups(client.search(base, attributes.group_filter, names), attributes)
        return places

    def with_heads(self, people: Mapping[str, DirectoryPerson]) -> tuple[DirectoryDepartment, ...]:
        """All departments with those heads who are among the people, who are given by their distinguished names."""
        return tuple(
            replace(one, head_ids=tuple(people[dn].id for dn in self._heads.get(one.id, ()) if dn in people))
            for one in self.departments.values()
        )

    def of(self, entry: Entry, attributes: Attributes) -> tuple[str, ...]:
        """The ids of an entry's departments, the main one first; a department from an attribute is made here."""
        match self._way:
            case "tree":
                above = next((self._by_dn[dn] for dn in _above(entry.dn) if dn in self._by_dn), None)
                return (above,) if above else ()
            case "attribute":
                name = text(entry.values, attributes.department)
                if name:
                    self.departments.setdefault(name.lower(), DirectoryDepartment(id=name.lower(), name=name))
                return (name.lower(),) if name else ()
            case "groups":
                named = [
                    self._by_dn[dn] for one in texts(entry.values, "memberOf") if (dn := _plain(one)) in self._by_dn
                ]
                return tuple(dict.fromkeys([*named, *self._groups_of.get(_plain(entry.dn), ())]))
            case _:
                return ()

    def _add_units(self, entries: Iterable[Entry], attributes: Attributes, base: str) -> None:
        """The base itself is the company, not a department."""
        units = [entry for entry in entries if _plain(entry.dn) != _plain(base)]
        self._by_dn = {_plain(entry.dn): _id_of(entry, attributes) for entry in units}
        for entry in units:
            parent = next((self._by_dn[dn] for dn in _above(entry.dn) if dn in self._by_dn), None)
            unit = DirectoryDepartment(id=_id_of(entry, attributes), name=text(entry.values, "ou"), parent_id=parent)
            self.departments[unit.id] = unit
            self._note_heads(unit.id, entry)

    def _add_groups(self, entries: Iterable[Entry], attributes: Attributes) -> None:
        for entry in entries:
            group = DirectoryDepartment(id=_id_of(entry, attributes), name=text(entry.values, *NAMES_INSTEAD))
            self.departments[group.id] = group
            self._by_dn[_plain(entry.dn)] = group.id
            self._note_heads(group.id, entry)
            for member in [*texts(entry.values, "member"), *texts(entry.values, "uniqueMember")]:
                self._groups_of.setdefault(_plain(member), []).append(group.id)

    def _note_heads(self, department_id: str, entry: Entry) -> None:
        named = [_plain(dn) for name in HEADS for dn in texts(entry.values, name)]
        self._heads[department_id] = list(dict.fromkeys(named))


def _person(entry: Entry, attributes: Attributes, places: _Places) -> DirectoryPerson:
    _id_of(entry, attributes)
    return read_person(entry.values, attributes, department_ids=places.of(entry, attributes))


def _id_of(entry: Entry, attributes: Attributes) -> str:
    found = entry_id(entry.values, attributes)
    if not found:
        raise MessengerFault(NO_LASTING_ID, permanent=True)
    return found


def _plain(dn: str) -> str:
    """A distinguished name as it is compared: without case and without space around its parts."""
    return ",".join(_parts(dn))


def _above(dn: str) -> Iterable[str]:
    """The names above an entry, nearest first, as they are compared."""
    parts = _parts(dn)
    return [",".join(parts[start:]) for start in range(1, len(parts))]


def _parts(dn: str) -> list[str]:
    parts = parse_dn(dn, escape=False, strip=True) if dn else []
    return [f"{name.strip()}={value.strip()}".lower() for name, value, _separator in parts]
