"""Examining an installation: each check is a function that yields findings; packages may add their own."""

import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

import psycopg
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

LEAST_FREE_BYTES = 2 * 1024**3
OLDEST_POSTGRES = 150000
CONNECT_SECONDS = 5


class Level(StrEnum):
    FINE = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and how to mend it (empty when fine)."""

    level: Level
    subject: str
    text: str
    mend: str = ""

    @property
    def is_fault(self) -> bool:
        return self.level is Level.FAULT


Check = Callable[[], Iterator[Finding]]

_checks: list[Check] = []
_database_checks: list[Check] = []


def register_check(check: Check) -> Check:
    """Adds a check that asks the database; without one it is left out."""
    _database_checks.append(check)
    return check


def register_check_without_database(check: Check) -> Check:
    _checks.append(check)
    return check


def examine() -> list[Finding]:
    """Runs every check; one that breaks is itself a finding. What asks the database is left out when it is away."""
    findings = [finding for check in _checks for finding in _run(check)]
    if away := why_no_database():
        fault = Finding(Level.FAULT, "database", away, "Check DATABASE_URL, or unset it to use the embedded server.")
        return [fault, *findings, Finding(Level.WARNING, "the rest", "not examined: that needs the database")]
    return [*findings, *(finding for check in _database_checks for finding in _run(check))]


def why_no_database() -> str:
    """Why the database cannot be reached; empty when it can."""
    asked = {**connection.get_connection_params(), "connect_timeout": CONNECT_SECONDS}
    try:
        # Not through the pool: it only says that it waited in vain.
        psycopg.connect(**asked).close()
    except psycopg.Error as error:
        return str(error).strip()
    return ""


def _run(check: Check) -> list[Finding]:
    try:
        return list(check())
    except Exception as error:  # noqa: BLE001 - a broken check must not hide the others
        return [Finding(Level.FAULT, check.__name__, f"the check itself failed: {error!r}")]


@register_check_without_database
def settings_are_consistent() -> Iterator[Finding]:
    try:
        call_command("check", fail_level="ERROR", stdout=StringIO())
    except SystemCheckError as error:
        yield Finding(Level.FAULT, "settings", str(error), "Correct the settings named above.")
    else:
        yield Finding(Level.FINE, "settings", "consistent")


@register_check
def database_is_safe() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('fsync')")
        version, fsync = cursor.fetchone()
    if version < OLDEST_POSTGRES:
        yield Finding(Level.FAULT, "database", f"PostgreSQL {version // 10000} is too old", "Use 15 or newer.")
    elif fsync != "on":
        yield Finding(Level.FAULT, "database", "fsync is off: a crash loses mail", "Set fsync = on.")
    else:
        yield Finding(Level.FINE, "database", f"PostgreSQL {version // 10000} answers")


@register_check
def migrations_are_applied() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        yield Finding(Level.FAULT, "migrations", f"{len(waiting)} not applied", "Run: postroad migrate")
    else:
        yield Finding(Level.FINE, "migrations", "all applied")


@register_check_without_database
def files_can_be_kept() -> Iterator[Finding]:
    name = default_storage.save("doctor/probe", ContentFile(b"probe"))
    try:
        with default_storage.open(name) as file:
            kept = file.read() == b"probe"
    finally:
        default_storage.delete(name)
    yield (
        Finding(Level.FINE, "files", "written and read back")
        if kept
        else Finding(Level.FAULT, "files", "what was written came back changed", "Check the storage.")
    )
    free = shutil.disk_usage(settings.HOME).free
    if free < LEAST_FREE_BYTES:
        yield Finding(Level.WARNING, "disk", f"{free // 1024**2} MB free", "Free some space or move POSTROAD_HOME.")


@register_check_without_database
def secrets_are_kept_secret() -> Iterator[Finding]:
    folder = settings.HOME / "secrets"
    if not folder.exists():
        yield Finding(Level.FINE, "secrets", "come from the environment")
        return
    open_files = [path.name for path in folder.iterdir() if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_files:
        yield Finding(Level.FAULT, "secrets", f"others can read {', '.join(open_files)}", f"Run: chmod 600 {folder}/*")
    else:
        yield Finding(Level.FINE, "secrets", f"in {folder}; back this folder up apart from the database")


@register_check
def clock_agrees_with_the_database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        difference = abs((cursor.fetchone()[0] - timezone.now()).total_seconds())
    if difference > 2:  # noqa: PLR2004 - seconds
        yield Finding(
            Level.FAULT, "clock", f"differs from the database's by {difference:.0f} s", "Run a time service on both."
        )
    else:
        yield Finding(Level.FINE, "clock", "agrees with the database's")


@register_check_without_database
def listeners_answer() -> Iterator[Finding]:
    for name, host, port in (
        ("web", settings.WEB_HOST, settings.WEB_PORT),
        ("LMTP", settings.MAIL_HOST, settings.LMTP_PORT),
        ("SMTP", settings.MAIL_HOST, settings.SMTP_PORT),
    ):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            yield Finding(Level.WARNING, name, f"nothing answers on {host}:{port}", "Run: postroad up")
        else:
            yield Finding(Level.FINE, name, f"answers on {host}:{port}")


@register_check
def worker_is_alive() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute'")
        workers = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
        failed = cursor.fetchone()[0]
    if workers:
        yield Finding(Level.FINE, "worker", f"{workers} alive")
    else:
        yield Finding(
            Level.WARNING, "worker", "none alive: promises do not fire, mail does not leave", "Run: postroad up"
        )
    if failed:
        yield Finding(
            Level.WARNING, "jobs", f"{failed} failed for good",
            "See: postroad manage procrastinate shell, then list_jobs",
        )  # fmt: skip
