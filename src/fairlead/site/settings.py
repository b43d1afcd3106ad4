"""Settings. Everything a deployment may change comes from the environment; the rest is the design."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from fairlead.site import folder, postgres

PACKAGE = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("FAIRLEAD_DEBUG", "") == "1"
DEMO = os.environ.get("FAIRLEAD_DEMO", "") == "1"
SECRET_KEY = os.environ.get("FAIRLEAD_SECRET_KEY") or folder.secret("django")
# Drafts on devices are locked with a key made of the secret: one that was replaced must still open them.
SECRET_KEY_FALLBACKS = [*os.environ.get("FAIRLEAD_FORMER_SECRET_KEYS", "").split(), *folder.former_secrets("django")]
ALLOWED_HOSTS = os.environ.get("FAIRLEAD_HOSTS", "localhost 127.0.0.1 [::1] testserver").split()
CSRF_TRUSTED_ORIGINS = os.environ.get("FAIRLEAD_ORIGINS", "").split()
SECURE = os.environ.get("FAIRLEAD_HTTPS", "") == "1"
SHARED_DATA = Path(os.environ.get("FAIRLEAD_SHARED_DATA", PACKAGE.parent.parent.parent / "shared" / "data"))

# Low to high, as in the house.
APPS = [
    "fairlead.apps.access",
    "fairlead.apps.roster",
    "fairlead.apps.attendance",
    "fairlead.apps.growth",
    "fairlead.apps.instruments",
    "fairlead.apps.support",
    "fairlead.apps.places",
    "fairlead.apps.raters",
    "fairlead.apps.surveys",
    "fairlead.apps.cycles",
    "fairlead.apps.diagnostics",
    "fairlead.apps.operations",
    "fairlead.apps.learning",
    "fairlead.apps.supervision",
    "fairlead.apps.reviews",
    "fairlead.apps.facts",
    "fairlead.apps.caseload",
    "fairlead.apps.lotteries",
    "fairlead.apps.progress",
    "fairlead.apps.evidence",
]
DESKS = [
    "fairlead.desks.welcome",
    "fairlead.desks.records",
    "fairlead.desks.teacher",
    "fairlead.desks.office",
    "fairlead.desks.family",
    "fairlead.desks.substitute",
    "fairlead.desks.answering",
    "fairlead.desks.principal",
    "fairlead.desks.coach",
    "fairlead.desks.raters",
    "fairlead.desks.director",
    "fairlead.desks.network",
    "fairlead.desks.analyst",
    "fairlead.desks.city",
    "fairlead.desks.data",
    "fairlead.desks.growth",
    "fairlead.desks.instruments",
    "fairlead.desks.surveys",
    "fairlead.desks.cycles",
    "fairlead.desks.diagnostics",
    "fairlead.desks.reviews",
    "fairlead.desks.operations",
    "fairlead.desks.supervision",
    "fairlead.desks.lotteries",
    "fairlead.desks.contacts",
    "fairlead.desks.learning",
    "fairlead.desks.caseload",
]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *APPS,
    *DESKS,
    "fairlead.site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fairlead.site.middleware.ScopeMiddleware",
]

ROOT_URLCONF = "fairlead.site.urls"
WSGI_APPLICATION = "fairlead.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fairlead.site.context.frame",
            ],
        },
    }
]

DATABASES = {"default": postgres.connection(os.environ.get("FAIRLEAD_LOGIN", "app"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "fairlead.site.tries.Cache", "OPTIONS": {"MAX_ENTRIES": 2000}},
    "tries": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    },
}

AUTH_USER_MODEL = "access.Account"
AUTHENTICATION_BACKENDS = ["fairlead.site.accounts.Accounts"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
CSRF_FAILURE_VIEW = "fairlead.site.offline.csrf_failure"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "fairlead.site.accounts.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
# Wrong passwords by address and by account. A whole school signs in from one address at eight, so all tries together
# are limited far above that. Behind a proxy, ALLAUTH_TRUSTED_PROXY_COUNT says whose word for the address counts.
ACCOUNT_RATE_LIMITS = {
    "login": "240/m/ip",
    "login_failed": "10/15m/ip,10/15m/key",
    "reset_password": "20/15m/ip,5/15m/key",
    "reset_password_from_key": "20/15m/ip",
    "change_password": "5/15m/user",
    "reauthenticate": "10/15m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("FAIRLEAD_PROXIES", "0"))
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE

SESSION_ENGINE = "fairlead.site.session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=14).total_seconds())
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "object-src": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [PACKAGE / "site" / "locale"]
FORMAT_MODULE_PATH = "fairlead.site.formats"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = os.environ.get("FAIRLEAD_TIME_ZONE", "America/New_York")

# Whether the worker deletes at night what nobody can miss (ended sign-ins, counted tries): see docs/reference/retention.md
SWEEP = os.environ.get("FAIRLEAD_SWEEP", "") == "1"

EXTRACTS = folder.data_folder() / "extracts"

STATIC_URL = "/static/"
STATIC_ROOT = folder.data_folder() / "static"
STATICFILES_DIRS = [PACKAGE / "site" / "static"]
WHITENOISE_USE_FINDERS = True

EMAIL_BACKEND = os.environ.get("FAIRLEAD_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
# Where families find this installation, for links in e-mails that no request asked for; without it none is sent.
PUBLIC_ADDRESS = os.environ.get("FAIRLEAD_ADDRESS", "").rstrip("/")
DEFAULT_FROM_EMAIL = os.environ.get("FAIRLEAD_FROM", "fairlead@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"procrastinate": {"level": "WARNING"}},
}
