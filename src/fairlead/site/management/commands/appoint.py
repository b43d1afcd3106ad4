"""`fairlead manage appoint`: the first people of an installation without the demo."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from fairlead.apps.roster.models import Organization, Role
from fairlead.apps.roster.services import appoint


class Command(BaseCommand):
    help = "Give somebody a role and a way to sign in; asks for the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--given", required=True)
        parser.add_argument("--family", required=True)
        parser.add_argument("--role", required=True, choices=Role.Kind.values)
        parser.add_argument("--organization", required=True)
        parser.add_argument("--kind", default="school", choices=Organization.Kind.values)
        parser.add_argument("--password-file", help="read the password from the first line of this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["password_file"]:
            with open(options["password_file"], encoding="utf-8") as file:
                password = file.readline().rstrip("\n")
        else:
            password = getpass.getpass("Password (12 characters or more): ")
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        try:
            appoint(
                given_name=options["given"],
                family_name=options["family"],
                email=options["email"],
                password=password,
                role=options["role"],
                organization=options["organization"],
                kind=options["kind"],
            )
        except IntegrityError:
            raise CommandError(f"There is an account for {options['email']} already. Nothing was changed.") from None
        self.stdout.write(f"{options['given']} {options['family']} may sign in as {options['email']}.")
