"""`postroad up`: the embedded database and the processes of an installation, started in order and kept running.

A process that dies is started again, ever more slowly; SIGINT or SIGTERM stops all in reverse order.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from threading import Event

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from postroad.platform.database.address import uses_embedded_server
from postroad.platform.database.embedded import EmbeddedServer

log = logging.getLogger(__name__)

STOP_SECONDS = 15
STEADY_SECONDS = 30
LONGEST_PAUSE = 30.0


@dataclass
class Process:
    """One kept process: `postroad <arguments>`."""

    arguments: list[str]
    failures: int = 0
    started_at: float = 0.0
    next_start: float = 0.0
    running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def keep(self) -> None:
        """Starts it if it does not run; after a failure only when its pause is over."""
        if self.running and (code := self.running.poll()) is not None:
            steady = time.monotonic() - self.started_at > STEADY_SECONDS
            self.failures = 1 if steady else self.failures + 1
            pause = min(LONGEST_PAUSE, 0.5 * 2**self.failures)
            log.warning("postroad %s ended with %s; again in %.0f s", self.arguments[0], code, pause)
            self.running, self.next_start = None, time.monotonic() + pause
        if self.running is None and time.monotonic() >= self.next_start:
            self.started_at = time.monotonic()
            # A session of its own: Ctrl-C reaches it through us, in order.
            self.running = subprocess.Popen([sys.executable, "-m", "postroad", *self.arguments], start_new_session=True)

    def stop(self) -> None:
        if self.running is None or self.running.poll() is not None:
            return
        self.running.terminate()
        try:
            self.running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("postroad %s does not stop; killed", self.arguments[0])
            self.running.kill()
            self.running.wait()


def run(*, demo: bool) -> int:
    """Runs the installation until a signal; returns the exit code."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = EmbeddedServer(settings.HOME / "postgres") if uses_embedded_server() else None
    if server:
        server.start()
    processes: list[Process] = []
    try:
        _prepare(demo=demo)
        processes = [Process(["web"]), Process(["worker"]), Process(["listen"])]
        if demo:
            processes.append(Process(["demo", "traffic"]))
        announced = False
        while not stop.is_set():
            if server:
                _keep_database(server)
            for process in processes:
                process.keep()
            if not announced and _web_answers():
                announced = True
                _announce(demo=demo)
            stop.wait(1.0)
    finally:
        click.echo("Stopping …")
        for process in reversed(processes):
            process.stop()
        if server:
            server.stop()
    return 0


def _prepare(*, demo: bool) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    if not settings.WHITENOISE_USE_FINDERS:
        call_command("collectstatic", interactive=False, verbosity=0)
    if demo:
        # The demo's staff get their mails from the demo's own mail server.
        os.environ.setdefault("POSTROAD_EMAIL_PORT", str(settings.DEMO_SMTP_PORT))
        subprocess.run([sys.executable, "-m", "postroad", "demo", "company"], check=True)
    connections.close_all()


def _keep_database(server: EmbeddedServer) -> None:
    if server.is_running():
        return
    log.warning("the embedded database is down; starting it again")
    try:
        server.start()
    except (OSError, subprocess.SubprocessError):
        log.exception("the embedded database does not start; see %s", server.data / "log")


def _web_answers() -> bool:
    try:
        socket.create_connection((settings.WEB_HOST, settings.WEB_PORT), timeout=1).close()
    except OSError:
        return False
    return True


def _announce(*, demo: bool) -> None:
    click.echo(f"\nPostroad 驿道: {settings.URL}")
    host = settings.MAIL_HOST
    click.echo(f"  mail listener  LMTP {host}:{settings.LMTP_PORT}, SMTP {host}:{settings.SMTP_PORT}")
    click.echo(f"  data           {os.fspath(settings.HOME)}")
    if demo:
        subprocess.run([sys.executable, "-m", "postroad", "demo", "sign-ins"], check=True)
    click.echo("  Ctrl-C stops it; the data stays.\n")
