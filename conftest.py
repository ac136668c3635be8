"""The tests' database: an embedded server, one template migrated once per run, cloned for each xdist worker."""

import fcntl
import hashlib
import os
from collections.abc import Iterator

import hypothesis
import pytest

from tests.database import REMEMBER
from tests.settings import ROOT, TEST_HOME

# How long an example takes says more of the machine than of the code. A change is judged by the same examples as the
# one before it; `--hypothesis-profile=search` looks for new ones.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    del config
    from postroad.platform.database.address import uses_embedded_server
    from postroad.platform.database.embedded import EmbeddedServer

    if uses_embedded_server():
        with (TEST_HOME / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # What they write is thrown away; the tests of crashes and power cuts have servers of their own.
            EmbeddedServer(TEST_HOME / "postgres").start(options="-c fsync=off -c full_page_writes=off")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was skipped, and why, is never a secret; under POSTROAD_NO_SKIP it is a failure."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("POSTROAD_NO_SKIP") == "1":
        terminalreporter.section("skipping is forbidden here")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and os.environ.get("POSTROAD_NO_SKIP") == "1":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureDef, request: pytest.FixtureRequest) -> Iterator[None]:
    """Clones for this worker a database that one worker a run prepares; the migrations run only after they changed."""
    del request
    from django.conf import settings
    from django.db import connection, connections
    from django.test import TransactionTestCase

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    migrated, template, name = f"migrated_{_digest_of_migrations()}", f"template_{run}", f"test_{run}_{worker}"
    with django_db_blocker.unblock():
        with (TEST_HOME / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with connection._nodb_cursor() as cursor:
                if not _exists(cursor, template):
                    _drop_databases_of_finished_runs(cursor, keep=(migrated, run))
                    if not _exists(cursor, migrated):
                        _migrate(cursor, migrated, copy_of="template0")
                    # What follows migrations (flows, this month's partitions) comes from code that may have changed.
                    _migrate(cursor, template, copy_of=migrated)
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        connections.close_all()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
        connection.ensure_connection()

    def restore(_case: TransactionTestCase) -> None:
        """Instead of Django's TRUNCATE of every table, which evidence refuses; data of migrations stays, too."""
        connections.close_all()
        with connection.cursor() as cursor:
            cursor.execute("SELECT kept.restore()")
            [restored] = cursor.fetchone()
        connections.close_all()
        if restored:
            return
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    TransactionTestCase._fixture_teardown = restore
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _digest_of_migrations() -> str:
    """Stands for all that decides what tables there are: our migrations, and the libraries' by their versions."""
    sources = [ROOT / "requirements.txt", *sorted((ROOT / "postroad").glob("**/migrations/*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _exists(cursor, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def _migrate(cursor, name: str, *, copy_of: str) -> None:
    """A migrated database of this name, which it gets only when it is whole."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, connections

    cursor.execute(f'DROP DATABASE IF EXISTS "{name}_new" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{name}_new" TEMPLATE "{copy_of}"')
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = f"{name}_new"
    connection.close()
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor_there:
        cursor_there.execute(REMEMBER)
    connections.close_all()
    cursor.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')


def _drop_databases_of_finished_runs(cursor, *, keep: tuple[str, ...]) -> None:
    cursor.execute(
        "SELECT datname FROM pg_database d WHERE datname ~ '^(test|template|migrated)_' "
        "AND NOT datname ~ %s AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = d.datname) "
        "AND (pg_stat_file('base/' || d.oid || '/PG_VERSION')).modification < now() - interval '2 hours'",
        ["|".join(keep)],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


@pytest.fixture(autouse=True)
def _language_of_nobody() -> None:
    """The language of a test's last visitor stays with the thread: no test inherits it."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture
def company(db):
    """The named cast of the tests: see postroad/org/tests/cast.py."""
    from postroad.org.tests.cast import make_company

    return make_company()
