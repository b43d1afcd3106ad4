"""Accounts, agreements and the log of reads."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts by e-mail address; there is no public sign-up."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Account:
        account = self.model(email=self.normalize_email(email), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """A person's way in. Without a person it opens nothing."""

    email = models.EmailField(unique=True)
    person = models.OneToOneField("roster.Person", on_delete=models.CASCADE, null=True, related_name="account")
    language = models.CharField(max_length=8, blank=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = AccountManager()

    def __str__(self) -> str:
        return self.email


class Agreement(models.Model):
    """The ground on which an organization works with another's records. Its end closes access."""

    grantor = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="agreements_given")
    grantee = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="agreements_held")
    purpose = models.TextField()
    data_classes = ArrayField(models.CharField(max_length=40))
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"agreement {self.pk}"


class AccessLog(models.Model):
    """Who looked at what: outcomes of a study before its plan, rows outside one's own school."""

    at = models.DateTimeField(db_index=True)
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=120, db_index=True)
    ground = models.CharField(max_length=240, blank=True, db_default="", help_text="role @ organization")

    class Meta:
        indexes = [models.Index(fields=["organization", "-at"], name="accesslog_organization_at")]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


class Erasure(models.Model):
    """That somebody was erased, when, and how many rows of which table went. Not who: only a digest that tells nothing
    without the installation's secret, so that an import does not bring them back and a restore can erase them again."""

    at = models.DateTimeField()
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, db_index=True)
    rows = models.JSONField(default=list, help_text="[table, what was done, how many]")

    def __str__(self) -> str:
        return f"erasure {self.pk}"
