"""A real slapd in a folder of its own on free ports, with an authority of its own, as an ordinary process."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ldap3 import BASE, MODIFY_REPLACE, Connection, Server

from tests.servers.certificates import write_certificates
from tests.servers.ports import free_port

SUFFIX = "dc=company,dc=test"
PEOPLE = f"ou=people,{SUFFIX}"
MANAGER = f"cn=manager,{SUFFIX}"
READER = f"cn=reader,{SUFFIX}"
PASSWORD = "directory-password"
START_SECONDS = 30
SCHEMAS = Path("/etc/ldap/schema")
MODULES = Path("/usr/lib/ldap")

CONFIGURATION = """
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
pidfile {home}/slapd.pid
TLSCACertificateFile {home}/authority.pem
TLSCertificateFile {home}/server.pem
TLSCertificateKeyFile {home}/server.key
database mdb
maxsize 268435456
suffix "{suffix}"
rootdn "{manager}"
rootpw {password}
directory {home}/data
index objectClass,entryUUID eq
limits dn.exact="{reader}" size.soft=500 size.hard=500 size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""

Entry = tuple[str, dict[str, list[str]]]


def missing() -> str:
    """Why slapd cannot run here; "" when it can."""
    if shutil.which("slapd", path=_path()) is None or not SCHEMAS.is_dir():
        return "not installed: slapd"
    return ""


@dataclass(frozen=True, slots=True)
class Slapd:
    """A directory at 127.0.0.1, which calls itself localhost; `reader` may read it, 500 entries at a time at most."""

    home: Path
    port: int
    tls_port: int

    @property
    def authority(self) -> Path:
        return self.home / "authority.pem"

    @contextmanager
    def as_manager(self) -> Iterator[Connection]:
        server = Server("127.0.0.1", port=self.port, get_info="NO_INFO")
        link = Connection(server, user=MANAGER, password=PASSWORD, auto_bind="NO_TLS", raise_exceptions=True)
        try:
            yield link
        finally:
            link.unbind()  # the library's own `with` leaves a connection open that was bound before it

    def add(self, entries: Iterable[Entry]) -> None:
        with self.as_manager() as link:
            for dn, attributes in entries:
                link.add(dn, attributes=attributes)

    def change(self, dn: str, **attributes: str) -> None:
        with self.as_manager() as link:
            link.modify(dn, {name: [(MODIFY_REPLACE, [value])] for name, value in attributes.items()})

    def move(self, dn: str, *, below: str) -> None:
        with self.as_manager() as link:
            link.modify_dn(dn, dn.partition(",")[0], new_superior=below)

    def remove(self, dn: str) -> None:
        with self.as_manager() as link:
            link.delete(dn)

    def remove_below(self, base: str) -> None:
        with self.as_manager() as link:
            found = link.extend.standard.paged_search(base, "(objectClass=*)", generator=False)
            for dn in sorted((one["dn"] for one in found), key=len, reverse=True):
                if dn != base:
                    link.delete(dn)

    def lasting_id(self, dn: str) -> str:
        with self.as_manager() as link:
            link.search(dn, "(objectClass=*)", BASE, attributes=["entryUUID"])
            return str(link.response[0]["raw_attributes"]["entryUUID"][0].decode())


def unit(name: str, *, below: str = PEOPLE) -> Entry:
    return f"ou={name},{below}", {"objectClass": ["organizationalUnit"], "ou": [name]}


def person(staff_no: str, name: str, *, below: str = PEOPLE, **more: str) -> Entry:
    """An inetOrgPerson; `more` are further attributes."""
    attributes = {
        "objectClass": ["inetOrgPerson"],
        "cn": [name],
        "sn": [name[0]],
        "displayName": [name],
        "employeeNumber": [staff_no],
        **{key: [value] for key, value in more.items()},
    }
    return f"uid={staff_no.lower()},{below}", {key: values for key, values in attributes.items() if values != [""]}


@contextmanager
def running_slapd(home: Path, *, entries: Iterable[Entry] = ()) -> Iterator[Slapd]:
    """Fills a directory with `entries`, starts a slapd for it, waits until it answers, and stops it again."""
    slapd = Slapd(home, free_port(), free_port())
    (home / "data").mkdir()
    write_certificates(home)
    _write_configuration(home)
    _load(home, [*_base(), *entries])
    addresses = f"ldap://127.0.0.1:{slapd.port} ldaps://127.0.0.1:{slapd.tls_port}"
    command = ["slapd", "-h", addresses, "-f", str(home / "slapd.conf"), "-d", "0"]
    process = subprocess.Popen(command, env={**os.environ, "PATH": _path()}, start_new_session=True)
    try:
        _wait_for(slapd.port, process)
        yield slapd
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def _base() -> list[Entry]:
    return [
        (SUFFIX, {"objectClass": ["dcObject", "organization"], "dc": ["company"], "o": ["Company"]}),
        (READER, {"objectClass": ["person"], "cn": ["reader"], "sn": ["reader"], "userPassword": [PASSWORD]}),
        (PEOPLE, {"objectClass": ["organizationalUnit"], "ou": ["people"]}),
    ]


def _load(home: Path, entries: Iterable[Entry]) -> None:
    """Puts entries in before the server runs: thousands of them in a second."""
    lines = []
    for dn, attributes in entries:
        lines.append(f"dn: {dn}")
        lines += [f"{name}: {value}" for name, values in attributes.items() for value in values]
        lines.append("")
    (home / "base.ldif").write_text("\n".join(lines), encoding="utf-8")
    command = ["slapadd", "-q", "-f", str(home / "slapd.conf"), "-l", str(home / "base.ldif")]
    subprocess.run(command, env={**os.environ, "PATH": _path()}, check=True, capture_output=True)


def _write_configuration(home: Path) -> None:
    text = CONFIGURATION.format(
        home=home,
        schemas=SCHEMAS,
        modules=MODULES,
        suffix=SUFFIX,
        manager=MANAGER,
        reader=READER,
        password=PASSWORD,
    )
    (home / "slapd.conf").write_text(text)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, f"slapd ended with {process.returncode}"
            assert time.monotonic() < deadline, f"nothing answers on {port}"
            time.sleep(0.05)
        else:
            return


def _path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
