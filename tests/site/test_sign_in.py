"""Outside the demo the same pages stand behind sign-in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from tests.conftest import as_owner, use_app_login

PASSWORD = "seven lamps by the harbour"


def appoint(tmp_path: Path, password: str = PASSWORD, email: str = "ada@example.org") -> None:
    secret = tmp_path / "password"
    secret.write_text(password + "\n")
    call_command(
        "appoint", email, "--given", "Ada", "--family", "Quay", "--role", "principal",
        "--organization", "Quayside School", "--password-file", str(secret),
    )  # fmt: skip


def sign_in(client: Client, password: str) -> Any:
    return client.post(reverse("account_login"), {"login": "ada@example.org", "password": password})


def test_an_appointed_person_signs_in_and_meets_her_own_school(seeded: Any, settings: Any, tmp_path: Path) -> None:
    appoint(tmp_path)
    settings.DEMO = False
    use_app_login()
    client = Client()
    assert client.get(reverse("principal:desk")).status_code == 302
    assert sign_in(client, PASSWORD).status_code == 302
    page = client.get(reverse("principal:desk")).content.decode()
    assert "Quayside School" in page
    assert "Harbor Point" not in page
    assert "INVENTED" not in page.upper().replace("INVENTED_", "")


def test_a_wrong_password_opens_nothing(seeded: Any, settings: Any, tmp_path: Path) -> None:
    appoint(tmp_path)
    settings.DEMO = False
    use_app_login()
    client = Client()
    assert sign_in(client, "seven lamps by the river").status_code == 200
    assert client.get(reverse("principal:desk")).status_code == 302


def test_the_demos_doors_are_not_there_outside_of_it(seeded: Any, settings: Any) -> None:
    settings.DEMO = False
    use_app_login()
    for name, body in (("demo_become", {"person": "amara"}), ("demo_clock", {"moment": "early"}), ("demo_leave", {})):
        assert Client().post(reverse(name), body).status_code == 404


def test_the_demos_doors_open_on_this_machine_only(seeded: Any) -> None:
    use_app_login()
    far = Client(REMOTE_ADDR="203.0.113.7")
    assert far.post(reverse("demo_become"), {"person": "amara"}).status_code == 404
    assert Client(REMOTE_ADDR="127.0.0.1").post(reverse("demo_become"), {"person": "amara"}).status_code == 302


@pytest.mark.parametrize(("password", "said"), [("short", "12 characters"), (PASSWORD, "already")])
def test_a_refused_appointment_changes_nothing(seeded: Any, tmp_path: Path, password: str, said: str) -> None:
    from fairlead.apps.roster.models import Person

    email = "amara.okafor@demo.fairlead.example" if said == "already" else "ada@example.org"
    before = Person.objects.count()
    with pytest.raises(CommandError, match=said):
        appoint(tmp_path, password, email)
    with as_owner():
        assert Person.objects.count() == before
