"""What tests set up in a running installation (`tests/browser/*_stage.py`): each in a fork of one waiting process.

Loading Django takes seconds and a run of the browser tests has sixty such stages, so it is loaded once an installation.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
import traceback
from tempfile import TemporaryFile
from typing import IO, NoReturn


class Backstage:
    """The waiting process; it starts with the first thing that is asked of it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    def play(self, module: str, *arguments: str, given: str = "") -> str:
        """As `python -m module arguments` would, with `given` on its input; what it printed.

        Raises:
            AssertionError: it ended with something other than 0; with all that it said.
        """
        process = self._process = self._process or subprocess.Popen(
            [sys.executable, "-m", "tests.browser.backstage"],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([module, arguments, given]) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"{module}: the stages' process is gone"
        code, said, complained = json.loads(answer)
        assert code == 0, said + complained
        return str(said)

    def close(self) -> None:
        if self._process:
            self._process.communicate()


def wait_for_orders() -> None:
    from postroad.platform.bootstrap import use_django

    use_django()
    from django.db import connections

    connections.close_all()  # a fork must not speak on its parent's connection
    for line in sys.stdin:
        with TemporaryFile() as said, TemporaryFile() as complained:
            child = os.fork()
            if not child:
                _play(*json.loads(line), said=said, complained=complained)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = [_text_of(file) for file in (said, complained)]
        sys.stdout.write(json.dumps([code, *texts]) + "\n")
        sys.stdout.flush()


def _play(module: str, arguments: list[str], given: str, *, said: IO[bytes], complained: IO[bytes]) -> NoReturn:
    os.dup2(said.fileno(), 1)
    os.dup2(complained.fileno(), 2)
    sys.stdin, sys.argv = io.StringIO(given), [module, *arguments]
    code = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - whatever it is belongs to the test that asked
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _text_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


if __name__ == "__main__":
    wait_for_orders()
