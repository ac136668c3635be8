"""Real servers for the session. Where they cannot run the tests are skipped, or fail under POSTROAD_NO_SKIP=1."""

from collections.abc import Iterator

import pytest

from postroad.connectors.conftest import rates
from tests.servers import directoryserver
from tests.servers import synapse as homeserver
from tests.servers.directoryserver import Slapd, running_slapd
from tests.servers.mailservers import Dovecot, Postfix, missing, running_dovecot, running_postfix
from tests.servers.matrix import registrations
from tests.servers.synapse import Synapse, running_synapse

__all__ = ["dovecot", "postfix", "rates", "slapd", "synapse"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/servers" in item.path.as_posix():
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    if reason := missing(postfix=False):
        pytest.skip(reason)
    with running_dovecot(tmp_path_factory.mktemp("dovecot")) as server:
        yield server


@pytest.fixture(scope="session")
def postfix(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postfix]:
    if reason := missing(postfix=True):
        pytest.skip(reason)
    with running_postfix(tmp_path_factory.mktemp("postfix"), lmtp_port=dovecot.lmtp_port) as server:
        yield server


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    if reason := homeserver.missing():
        pytest.skip(reason)
    with running_synapse(tmp_path_factory.mktemp("synapse"), registrations) as server:
        yield server


@pytest.fixture
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """An empty directory for one test: starting it takes a tenth of a second."""
    if reason := directoryserver.missing():
        pytest.skip(reason)
    with running_slapd(tmp_path_factory.mktemp("slapd")) as server:
        yield server
