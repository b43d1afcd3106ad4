"""Accounts are made by the organization; nobody signs up. Who is asking is read anew for each page."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render

from fairlead.apps.access.asking import find
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
        account = next(iter(find(Account, "WHERE t.id = %(id)s", id=user_id)), None)
        return account if account is not None and self.user_can_authenticate(account) else None
