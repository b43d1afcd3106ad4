"""Accounts are made by the organization; nobody signs up. Who is asking is read anew for each page."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest
from django.shortcuts import render

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.models import Account


class ClosedSignup(DefaultAccountAdapter):
    """Closes allauth's public sign-up, and answers too many tries with a page that says so."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            raise ImmediateHttpResponse(render(request, "429.html", status=429)) from None


class Accounts(ModelBackend):
    """Django's own, with the account of a request read by one statement that is written once, not compiled each time."""

    def get_user(self, user_id: Any) -> Account | None:
        names, sql = _ACCOUNT
        row = next(iter(fetch(sql, id=user_id)), None)
        if row is None:
            return None
        account = Account.from_db(DEFAULT_DB_ALIAS, names, row)
        return account if self.user_can_authenticate(account) else None


def _one_account() -> tuple[list[str], str]:
    columns = list(Account._meta.concrete_fields)
    listed = ", ".join(f'"{field.column}"' for field in columns)
    names = [field.attname for field in columns]
    return names, f'SELECT {listed} FROM "{Account._meta.db_table}" WHERE "{Account._meta.pk.column}" = %(id)s'  # noqa: S608


_ACCOUNT = _one_account()
