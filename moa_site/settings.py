"""Every setting of the site; each knob of the environment is read here, once."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from moa_site.environment import (
    ROOT,
    address,
    broker_url,
    data_directory,
    database,
    items,
    kept,
    knob,
    number,
    switch,
)

MOA_DATA = data_directory()
_secrets = kept("secrets.json")
_embedded = kept("embedded.json")
_under_test = "pytest" in sys.modules

DEBUG = switch("DEBUG")
# Management commands that need no secret (makemigrations, check) must start on a bare
# checkout; what signs or encrypts refuses an empty key (playground.checks, E001).
SECRET_KEY = knob("SECRET_KEY") or _secrets.get("secret_key", "")
if not SECRET_KEY and (DEBUG or _under_test):
    SECRET_KEY = "only-for-tests-" + "x" * 50
MOA_ENCRYPTION_KEYS = items("MOA_ENCRYPTION_KEYS") or [
    key for key in _secrets.get("encryption_keys", "").split(",") if key
]
MOA_WORKER_RUNS = number("MOA_WORKER_RUNS", 100)
MOA_MESSAGE_BYTES = 262_144

SITE_URL = address("SITE_URL", _embedded.get("site_url", "")).rstrip("/")
ALLOWED_HOSTS = items("ALLOWED_HOSTS") or [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *([urlsplit(SITE_URL).hostname or ""] if SITE_URL else []),
]
_site = urlsplit(SITE_URL)
# Behind a proxy the site is asked by another name than the one that people see.
CSRF_TRUSTED_ORIGINS = [
    *items("CSRF_TRUSTED_ORIGINS"),
    *([f"{_site.scheme}://{_site.netloc}"] if SITE_URL else []),
]

INSTALLED_APPS = [
    "daphne",
    "django_linear_migrations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "template_partials",
    "playground",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "playground.web.compression.CompressionMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "playground.web.headers.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "playground.web.csrf.BearerAwareCsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "playground.accounts.middleware.BearerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "playground.web.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "moa_site.urls"
ASGI_APPLICATION = "moa_site.asgi.application"
WSGI_APPLICATION = None

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# IMMEDIATE: a writer waits for its turn at BEGIN instead of failing half-way through
# with "database is locked", which no timeout can mend.
_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
    "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
}
DATABASES = {
    "default": database(default=f"sqlite:///{quote(str(MOA_DATA / 'moa.sqlite3'))}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = _SQLITE
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = address("REDIS_URL", _embedded.get("redis_url", ""))
CACHES: dict[str, dict[str, Any]] = {
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
    for name in ("default", "process")
}
if REDIS_URL:
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "moa",
        # Nobody waits long for a count; `process` stands in while Redis is away.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }

CELERY_BROKER_URL = broker_url(REDIS_URL) if REDIS_URL else "memory://"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 21_600,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "max_connections": 200,
    # A knock that does not get through is mended by the workers' next sweep: whoever
    # starts a run does not wait for a broker that is away.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "runs"
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

_mail = urlsplit(address("EMAIL_URL"))
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if _mail.scheme in {"smtp", "smtps", "smtp+tls"}:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname, _mail.port or 587
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = _mail.scheme == "smtp+tls" or _mail.port == 587

AUTH_USER_MODEL = "playground.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
CSRF_FAILURE_VIEW = "playground.web.handlers.csrf_failure"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = MOA_DATA / "static"
STATICFILES_DIRS = [ROOT / "static"]
# Files come straight from the source tree with an ETag: nothing to collect on one
# machine. Behind a proxy, `collectstatic` fills STATIC_ROOT, which is then preferred.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG

_https = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"playground": {"level": "INFO"}},
}
# W003 knows Django's own CSRF middleware only; ours (playground.web.csrf) extends it.
SILENCED_SYSTEM_CHECKS = ["security.W003"]
