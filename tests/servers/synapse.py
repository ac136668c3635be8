"""A real Synapse in a folder of its own, on SQLite and a free port, with its push going to a receiver of the tests.

Synapse is AGPL: it lives in an environment of its own (`.synapse`, see `.ci/run`), runs as a process apart, and
nothing of it is imported here.
"""

import hashlib
import hmac
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.servers.ports import free_port

SERVER_NAME = "company.test"
START_SECONDS = 60
PYTHON = Path(__file__).resolve().parent.parent.parent / ".synapse" / "bin" / "python"
MODULE = (PYTHON, "-m", "synapse.app.homeserver")
CONFIG_FILE = "homeserver.yaml"
SHARED_SECRET = "only-for-these-tests"
CONFIG = """
listeners:
  - port: {port}
    bind_addresses: ["127.0.0.1"]
    type: http
    tls: false
    x_forwarded: false
    resources: [{{names: [client], compress: false}}]
registration_shared_secret: {secret}
trusted_key_servers: []
suppress_key_server_warning: true
enable_registration: false
federation_domain_whitelist: []
presence: {{enabled: false}}
bcrypt_rounds: 4
max_upload_size: 5M
app_service_config_files: {services}
room_list_publication_rules: [{{user_id: "@postroad:*", action: allow}}]
rc_message: {{per_second: 1000, burst_count: 1000}}
rc_login: {{address: {{per_second: 1000, burst_count: 1000}}, account: {{per_second: 1000, burst_count: 1000}}}}
rc_invites: {{per_room: {{per_second: 1000, burst_count: 1000}}, per_user: {{per_second: 1000, burst_count: 1000}}}}
rc_joins: {{local: {{per_second: 1000, burst_count: 1000}}}}
rc_room_creation: {{per_second: 1000, burst_count: 1000}}
"""


def missing() -> str:
    """Why Synapse cannot run here; "" when it can."""
    return "" if PYTHON.exists() else "not installed: Synapse (.ci/run puts it into .synapse)"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A request of Synapse to an application service."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Pushed], tuple[int, bytes]]


class Receiver:
    """Takes what Synapse pushes, on a port that stays the same when it is stopped and started again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.answer: Answer = self.ignore
        self._server: ThreadingHTTPServer | None = None

    @staticmethod
    def ignore(_pushed: Pushed) -> tuple[int, bytes]:
        """Takes it, and does nothing with it."""
        return 200, b"{}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                pushed = Pushed(self.command, self.path, dict(self.headers.items()), body)
                status, answer = receiver.answer(pushed)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                # What is kept open would go on being served after a stop.
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_POST = _take  # noqa: N815 - the library's names

            def log_message(self, *_args: object) -> None:
                """Tests say what they need to."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@dataclass(slots=True)
class Synapse:
    """The homeserver of `company.test`. `root` may administer it."""

    home: Path
    port: int
    receiver: Receiver
    root_token: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, token: str | None = None, **arguments: Any) -> Any:
        """What a client with `token` gets; fails on a refusal. `path` is quoted by the caller."""
        headers = {"Authorization": f"Bearer {token or self.root_token}"}
        answer = self.client.request(method, self.url + path, headers=headers, **arguments)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def person(self, name: str, display_name: str = "") -> str:
        """Somebody with an account; the user id."""
        user_id = f"@{name}:{SERVER_NAME}"
        self.call("PUT", f"/_synapse/admin/v2/users/{quote(user_id)}", json={"displayname": display_name or name})
        return user_id

    def act(self, user_id: str, method: str, path: str, **arguments: Any) -> Any:
        """A call of the client API by somebody, below `/_matrix/client/v3`."""
        if user_id not in self.tokens:
            answer = self.call("POST", f"/_synapse/admin/v1/users/{quote(user_id)}/login", json={})
            self.tokens[user_id] = answer["access_token"]
        return self.call(method, f"/_matrix/client/v3{path}", self.tokens[user_id], **arguments)

    def room(self, user_id: str, *, members: Sequence[str] = (), **content: Any) -> str:
        """A group that somebody makes with others, who accept; its id."""
        made = self.act(user_id, "POST", "/createRoom", json={"preset": "private_chat", "invite": members, **content})
        room_id: str = made["room_id"]
        for member in members:
            self.act(member, "POST", f"/join/{quote(room_id)}", json={})
        return room_id

    def say(self, user_id: str, room_id: str, text: str, **content: Any) -> str:
        """Somebody says `text`; the event id."""
        path = f"/rooms/{quote(room_id)}/send/m.room.message/{secrets.token_hex(8)}"
        event_id: str = self.act(user_id, "PUT", path, json={"msgtype": "m.text", "body": text, **content})["event_id"]
        return event_id

    def upload(self, content: bytes, content_type: str) -> str:
        """A file that somebody has put on the server; its `mxc` address."""
        headers = {"Authorization": f"Bearer {self.root_token}", "Content-Type": content_type}
        path = f"{self.url}/_matrix/media/v3/upload"
        uri: str = self.client.post(path, content=content, headers=headers).raise_for_status().json()["content_uri"]
        return uri

    def start(self) -> None:
        """Starts the process and waits until it answers."""
        with (self.home / "synapse.out").open("ab") as out:
            self.process = subprocess.Popen(
                [*MODULE, "-c", CONFIG_FILE, "-c", "tests.yaml"],
                cwd=self.home,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", trust_env=False).is_success:
                    return
            alive = self.process.poll() is None and time.monotonic() < deadline
            assert alive, f"Synapse does not start\n{(self.home / 'synapse.out').read_text()[-4000:]}"
            time.sleep(0.05)

    def stop(self, *, kill: bool = False) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL if kill else signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@contextmanager
def running_synapse(home: Path, registrations: Callable[[Receiver], Sequence[str]]) -> Iterator[Synapse]:
    """Starts a Synapse that knows the application services `registrations` (YAML), and stops it again."""
    receiver = Receiver()
    synapse = Synapse(home, free_port(), receiver)
    subprocess.run(
        [*MODULE, "--server-name", SERVER_NAME, "--report-stats=no", "--config-path", CONFIG_FILE, "--generate-config"],
        cwd=home,
        check=True,
        capture_output=True,
    )
    names = []
    for number, registration in enumerate(registrations(receiver)):
        names.append(f"service{number}.yaml")
        (home / names[-1]).write_text(registration)
    text = CONFIG.format(port=synapse.port, secret=SHARED_SECRET, services=json.dumps(names))
    (home / "tests.yaml").write_text(text)
    receiver.start()
    try:
        synapse.start()
        synapse.root_token = _register_root(synapse)
        yield synapse
    finally:
        if synapse.process is not None:
            synapse.stop()
        synapse.client.close()
        receiver.stop()


def _register_root(synapse: Synapse) -> str:
    """The first administrator, by the shared secret."""
    path = f"{synapse.url}/_synapse/admin/v1/register"
    nonce = httpx.get(path, trust_env=False).json()["nonce"]
    password = secrets.token_hex(8)
    proof = f"{nonce}\0root\0{password}\0admin".encode()
    mac = hmac.new(SHARED_SECRET.encode(), proof, hashlib.sha1).hexdigest()
    details = {"nonce": nonce, "username": "root", "password": password, "admin": True, "mac": mac}
    token: str = httpx.post(path, json=details, trust_env=False, timeout=60).raise_for_status().json()["access_token"]
    return token
