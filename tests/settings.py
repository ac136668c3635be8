"""The product's settings with a home of the tests' own and cheap password hashes."""

import hashlib
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEST_HOME = Path(tempfile.gettempdir()) / f"postroad-test-{os.getuid()}-{hashlib.sha256(bytes(ROOT)).hexdigest()[:8]}"
TEST_HOME.mkdir(exist_ok=True, mode=0o755)
os.environ["POSTROAD_HOME"] = str(TEST_HOME)

from postroad.settings import *  # noqa: E402, F403
from postroad.settings import DATABASES, STORAGES  # noqa: E402

# Tests make, clone and drop databases: nothing may keep a connection to one of them.
DATABASES["default"]["OPTIONS"].pop("pool")

# Tests sign in thousands of times; the cost of a hash is not what they test.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
