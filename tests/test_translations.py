"""Both languages are complete: `make check` runs the same command."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_sentence_is_translated_and_none_in_two_ways():
    checked = subprocess.run(
        [sys.executable, str(ROOT / "dev" / "messages.py"), "check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
