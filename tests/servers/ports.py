"""Ports for servers that tests start."""

import secrets
import socket

# Below those that systems give to outgoing connections, one of which would take the port before its server does.
FIRST, NUMBER = 20_000, 12_000


def free_port() -> int:
    """A port of this machine that nobody has at this moment.

    By real chance: `random` starts anew with each test, so that tests side by side would be given the same.
    """
    while True:
        port = FIRST + secrets.randbelow(NUMBER)
        with socket.socket() as held:
            try:
                held.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
