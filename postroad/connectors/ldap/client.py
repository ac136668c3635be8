"""One connection to an LDAP server: opened with its certificate checked, signed in, searched page by page.

Source: RFC 4511 (protocol), RFC 4513 (StartTLS), RFC 2696 (paged results).
"""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop
from ldap3 import NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException, LDAPStartTLSError

from postroad.connectors.ldap.attributes import Values
from postroad.messengers.protocol import Account, MessengerFault

PAGE = 500
CONNECT_SECONDS = 10
ANSWER_SECONDS = 60
PORTS = {"ldaps": 636, "starttls": 389, "plain": 389}

SUCCESS, SIZE_LIMIT = 0, 4
# Why a server refuses, by the code of its answer (RFC 4511, section 4.1.9).
REFUSALS = {
    7: gettext_noop("The server does not allow signing in with a name and a password."),
    8: gettext_noop("The server wants an encrypted connection: choose LDAPS or StartTLS."),
    13: gettext_noop("The server wants an encrypted connection: choose LDAPS or StartTLS."),
    32: gettext_noop("There is no entry under the base, or the account may not see it."),
    34: gettext_noop("The name to sign in with or the base is not written as the server expects it."),
    48: gettext_noop("The server does not allow signing in without a password."),
    49: gettext_noop("The server does not accept the name or the password."),
    50: gettext_noop("The account may not read what was asked for."),
    53: gettext_noop("The server is unwilling to do this; see its log."),
    SIZE_LIMIT: gettext_noop("The server cut the list off. Raise its size limit for this account."),
    3: gettext_noop("The server took too long and gave up."),
    11: gettext_noop("The server cut the list off. Raise its size limit for this account."),
    51: gettext_noop("The server is busy."),
    52: gettext_noop("The server is not available."),
}
PASSING = frozenset({3, 51, 52})
# What Active Directory adds to code 49, in hexadecimal.
ACTIVE_DIRECTORY_REFUSALS = {
    "data 532": gettext_noop("The password of the account has expired."),
    "data 533": gettext_noop("The account is disabled."),
    "data 701": gettext_noop("The account has expired."),
    "data 773": gettext_noop("The account must change its password first."),
    "data 775": gettext_noop("The account is locked."),
}
UNREACHABLE = gettext_noop("The server cannot be reached.")
UNTRUSTED = gettext_noop("The server's certificate is not trusted, or is not for this name.")
NO_STARTTLS = gettext_noop("The server does not offer StartTLS.")
UNREADABLE_CA = gettext_noop("The file with the authority's certificate cannot be read.")
REFUSED = gettext_noop("The server refused.")
BROKEN_OFF = gettext_noop("The connection broke off while reading.")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search found: where it stands, and its raw values."""

    dn: str
    values: Values


class Client:
    """A signed-in connection. Every problem is a `MessengerFault` with a sentence for the operator."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, base: str, search_filter: str, attributes: Sequence[str]) -> Iterator[Entry]:
        """Everything below `base` that fits, all pages; a list that the server cuts off raises."""
        cookie: bytes | None = None
        while True:
            try:
                self._connection.search(
                    base, search_filter, SUBTREE, attributes=list(attributes), paged_size=PAGE, paged_cookie=cookie
                )
            except LDAPException as error:
                raise _fault_of(error, otherwise=BROKEN_OFF) from error
            answer = self._connection.result
            if answer["result"] != SUCCESS:
                raise _refusal(answer)
            for one in self._connection.response or ():
                if one["type"] == "searchResEntry":
                    yield Entry(one["dn"], {name.lower(): values for name, values in one["raw_attributes"].items()})
            paging = (answer.get("controls") or {}).get("1.2.840.113556.1.4.319", {})
            cookie = paging.get("value", {}).get("cookie")
            if not cookie:
                return


@contextmanager
def signed_in(account: Account) -> Iterator[Client]:
    """A connection as the account's settings say. Raises `MessengerFault`."""
    settings = account.settings
    connection = Connection(
        _server(settings),
        user=str(settings.get("bind_dn") or "") or None,
        password=account.secrets.get("bind_password") or None,
        auto_referrals=False,
        read_only=True,
        receive_timeout=ANSWER_SECONDS,
        raise_exceptions=False,
    )
    try:
        _open(connection, encrypt=settings.get("security") == "starttls")
        yield Client(connection)
    finally:
        with suppress(LDAPException, OSError):
            connection.unbind()
        # The library forgets the socket of a connection that did not come about.
        if connection.socket is not None:
            connection.socket.close()


class _Checked(Tls):  # type: ignore[misc]  # the library has no types
    """Checks the name on the certificate in the handshake; the library's own check forgets the socket it refuses."""

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002 - its signature
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(
            connection.socket, do_handshake_on_connect=do_handshake, server_hostname=self.sni
        )


def _server(settings: Mapping[str, Any]) -> Server:
    security = str(settings.get("security") or "ldaps")
    ca_file = str(settings.get("ca_file") or "")
    if ca_file and not Path(ca_file).is_file():
        raise MessengerFault(UNREADABLE_CA, permanent=True)
    tls = None
    if security != "plain":
        tls = _Checked(validate=ssl.CERT_REQUIRED, ca_certs_file=ca_file or None, sni=str(settings.get("host")))
    return Server(
        str(settings.get("host")),
        port=int(settings.get("port") or PORTS[security]),
        use_ssl=security == "ldaps",
        tls=tls,
        get_info=NONE,
        connect_timeout=CONNECT_SECONDS,
    )


def _open(connection: Connection, *, encrypt: bool) -> None:
    try:
        connection.open(read_server_info=False)
        if encrypt and not connection.start_tls(read_server_info=False):
            raise MessengerFault(NO_STARTTLS, permanent=True)
        if not connection.bind(read_server_info=False):
            raise _refusal(connection.result)
    except LDAPStartTLSError as error:
        raise _fault_of(error, otherwise=NO_STARTTLS) from error
    except LDAPException as error:
        raise _fault_of(error, otherwise=UNREACHABLE) from error


def _fault_of(error: LDAPException, *, otherwise: str) -> MessengerFault:
    """A sentence for what went wrong below the protocol; the library tells it in the text of its errors only."""
    told = str(error).lower()
    if "certificate" in told or "hostname" in told or "doesn't match" in told:
        return MessengerFault(UNTRUSTED, permanent=True)
    return MessengerFault(otherwise, permanent=otherwise == NO_STARTTLS)


def _refusal(answer: Mapping[str, Any]) -> MessengerFault:
    code = int(answer.get("result", -1))
    told = str(answer.get("message") or "")
    reason = next((said for mark, said in ACTIVE_DIRECTORY_REFUSALS.items() if mark in told), "")
    return MessengerFault(reason or REFUSALS.get(code, REFUSED), code=str(code), permanent=code not in PASSING)
