"""Guessing passwords is slow: the eleventh wrong one is refused, by account and by address, whichever process counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.test import Client
from django.urls import reverse

from fairlead.apps.access.models import Account
from fairlead.demo.cast import BY_KEY
from tests.conftest import as_owner, use_app_login

PASSWORD = "seven lamps by the harbour"


@pytest.fixture
def amara(seeded: Any, settings: Any) -> str:
    """Her address, with a password, which is checked quickly here: the counting is tried, not the hashing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    email = BY_KEY["amara"].email
    account = Account.objects.get(email=email)
    account.set_password(PASSWORD)
    account.save()
    use_app_login()
    return email


def attempt(email: str, password: str, address: str = "192.0.2.7") -> Any:
    return Client(REMOTE_ADDR=address).post(reverse("account_login"), {"login": email, "password": password})


def test_the_eleventh_wrong_password_for_an_account_is_refused_from_anywhere(amara: str) -> None:
    for n in range(10):
        assert attempt(amara, "wrong horse battery", f"192.0.2.{n}").status_code == 200
    page = attempt(amara, "wrong horse battery", "192.0.2.200")
    assert page.status_code == 429
    assert "quarter of an hour" in page.content.decode()
    assert attempt(amara, PASSWORD, "192.0.2.201").status_code == 429, "even the right one has to wait"
    assert attempt(BY_KEY["luis"].email, "wrong horse battery", "192.0.2.201").status_code == 200, "others need not"


def test_the_eleventh_wrong_password_from_an_address_is_refused_for_any_account(amara: str) -> None:
    for n in range(10):
        assert attempt(f"nobody{n}@example.org", "wrong horse battery").status_code == 200
    assert attempt(amara, PASSWORD).status_code == 429
    assert attempt(amara, PASSWORD, "198.51.100.1").status_code == 302, "from elsewhere she may"


def test_those_who_know_their_password_are_not_counted(amara: str) -> None:
    for _ in range(12):
        assert attempt(amara, PASSWORD).status_code == 302


def test_the_refusal_is_said_in_spanish_too(amara: str) -> None:
    for n in range(11):
        page = Client(REMOTE_ADDR=f"192.0.2.{n}", headers={"Accept-Language": "es"}).post(
            reverse("account_login"), {"login": amara, "password": "wrong horse battery"}
        )
    assert page.status_code == 429
    assert "cuarto de hora" in page.content.decode()


def test_tries_are_counted_in_the_table_that_all_processes_share(amara: str) -> None:
    attempt(amara, "wrong horse battery")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM django_cache")
        keys = [key for (key,) in cursor.fetchall()]
    assert any("login_failed" in key for key in keys)
    assert not any("amara" in key for key in keys), "no address of anybody in a key"


def test_the_cache_sends_tries_to_the_table_and_keeps_the_rest(seeded: Any) -> None:
    shared = caches["tries"]
    assert isinstance(shared, DatabaseCache)
    cache.set("chart:1", "drawn")
    assert shared.get("chart:1") is None
    assert cache.get("chart:1") == "drawn"
    assert cache.add("family-link-misses:x", 0, 60)
    assert not cache.add("family-link-misses:x", 5, 60)
    assert cache.incr("family-link-misses:x") == 1
    assert shared.get("family-link-misses:x") == 1
    cache.set("allauth:x", [1], 60)
    assert cache.get("allauth:x") == shared.get("allauth:x") == [1]
    assert cache.delete("allauth:x")
    assert shared.get("allauth:x") is None


def test_every_page_carries_the_headers_that_protect_it(as_person: Any) -> None:
    page = as_person("amara").get(reverse("teacher:desk"))
    policy = page.headers["Content-Security-Policy"]
    for wanted in (
        "default-src 'self'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    ):
        assert wanted in policy
    assert "unsafe" not in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_sessions_end_and_their_cookies_are_out_of_reach(amara: str) -> None:
    page = attempt(amara, PASSWORD)
    cookie = page.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"] or 0) <= settings.SESSION_COOKIE_AGE <= 14 * 3600
