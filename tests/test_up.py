"""`postroad up`: everything starts from nothing, stops on a signal, and keeps the data."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.ports import free_port

START_SECONDS = 240


@pytest.fixture
def home() -> Iterator[Path]:
    """Not below pytest's own folder, which shuts out the system user that the embedded database runs as."""
    with tempfile.TemporaryDirectory(prefix="postroad-up-") as folder:
        yield Path(folder)


class Installation:
    """A `postroad up` of its own in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.web, self.lmtp, self.smtp = free_port(), free_port(), free_port()
        self.environment = {
            **{
                key: value for key, value in os.environ.items() if key not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}
            },
            "POSTROAD_HOME": str(home),
            "POSTROAD_WEB_PORT": str(self.web),
            "POSTROAD_LMTP_PORT": str(self.lmtp),
            "POSTROAD_SMTP_PORT": str(self.smtp),
            "POSTROAD_STATIC_FROM_SOURCE": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "postroad", "up"], env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is None and self.answers() and self.listens():
                return
            time.sleep(0.2)
        raise AssertionError((self.home / "up.log").read_text()[-4000:])

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/", timeout=2) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.lmtp), timeout=2) as connection:
                return connection.recv(100).startswith(b"220")
        except OSError:
            return False

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "postroad", *arguments],
            env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip


@pytest.mark.server
def test_an_installation_starts_from_nothing_and_starts_again_with_its_data(home):
    installation = Installation(home)
    installation.start()
    try:
        assert oct((home / "secrets" / "postroad_key_ring").stat().st_mode)[-3:] == "600"
        made = installation.run("manage", "shell", "-c", "from postroad.clock.actions import create_calendar")
        assert made.returncode == 0, made.stderr
        examined = installation.run("doctor")
        assert examined.returncode == 0, examined.stdout + examined.stderr
        assert "answers" in examined.stdout
    finally:
        assert installation.stop() == 0
    assert not installation.answers()
    assert not (home / "postgres" / "postmaster.pid").exists(), "the embedded database stops with it"
    secret = (home / "secrets" / "postroad_key_ring").read_text()
    installation.start()
    assert installation.stop() == 0
    assert (home / "secrets" / "postroad_key_ring").read_text() == secret


@pytest.mark.server
def test_a_killed_process_is_started_again(home):
    installation = Installation(home)
    installation.start()
    try:
        children = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(installation.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        web = next(line.split()[0] for line in children.splitlines() if line.endswith("postroad web"))
        os.kill(int(web), signal.SIGKILL)
        deadline = time.monotonic() + 60
        time.sleep(0.5)
        while not installation.answers() and time.monotonic() < deadline:
            time.sleep(0.3)
        assert installation.answers()
    finally:
        assert installation.stop() == 0


def test_doctor_names_what_is_wrong_and_how_to_mend_it(home):
    installation = Installation(home)
    installation.environment["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    examined = installation.run("doctor")
    assert examined.returncode == 1
    assert "Connection refused" in examined.stdout
    assert "Check DATABASE_URL" in examined.stdout
    assert "not examined: that needs the database" in examined.stdout
    assert "the check itself failed" not in examined.stdout
    assert "Traceback" not in examined.stderr


def test_a_malformed_setting_is_refused_with_a_sentence(home):
    installation = Installation(home)
    installation.environment["POSTROAD_WEB_PORT"] = "many"
    refused = installation.run("doctor")
    assert refused.returncode != 0
    assert "POSTROAD_WEB_PORT must be a whole number" in refused.stderr
