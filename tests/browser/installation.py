"""A running Postroad of the test's own: `postroad up` in a home that has the cast of the tests as its company."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.browser.backstage import Backstage
from tests.servers.ports import free_port

START_SECONDS = 300
STOP_SECONDS = 60


def prepare(home: Path) -> None:
    """A home for installations to be copied from: the database migrated, the cast in it, nothing running."""
    home.chmod(0o755)
    subprocess.run([sys.executable, "-m", "tests.browser.stage"], env=environment_in(home), check=True)


def environment_in(home: Path) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}
    }
    return inherited | {"POSTROAD_HOME": str(home)}


class Installation:
    """Use as a context manager. `url` is where its pages are, `lmtp_port` and `smtp_port` where mail goes in.

    `sessions` are the session keys of those who signed in, by name.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.web_port, self.lmtp_port, self.smtp_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.environment = environment_in(home) | {
            "POSTROAD_URL": self.url,
            "POSTROAD_WEB_PORT": str(self.web_port),
            "POSTROAD_LMTP_PORT": str(self.lmtp_port),
            "POSTROAD_SMTP_PORT": str(self.smtp_port),
        }
        self.log = home / "up.log"
        self.sessions: dict[str, str] = {}
        self._backstage = Backstage(self.environment)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "postroad", "up"], env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while not (self._answers() and self._listens()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise AssertionError(f"the installation did not start:\n{self.log.read_text()[-6000:]}")
            time.sleep(0.3)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._backstage.close()
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def play(self, module: str, *arguments: str, given: str = "") -> str:
        """Run `python -m module arguments` against the installation, `given` on its input; what it printed."""
        return self._backstage.play(module, *arguments, given=given)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=5) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.lmtp_port), timeout=2) as connection:
                return connection.recv(100).startswith(b"220")
        except OSError:
            return False
