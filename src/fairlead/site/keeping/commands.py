"""The commands of keeping, for `fairlead …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

Adds = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def add_to(add: Adds) -> None:
    """Add backup, restore, erase-person and retain to the parser. Each loads what it needs when it is asked for."""
    backup = add("backup", _backup, "everything in one file, with sums to check it by")
    backup.add_argument("path", type=Path, help="the file to write (mode 0600; it is not encrypted)")
    restore = add("restore", _restore, "a backup into an empty database, checked before it counts")
    restore.add_argument("path", type=Path, help="a file written by `fairlead backup`")
    erase = add("erase-person", _erase, "erase a person: rows, history, sign-in, extracts; shows first what would go")
    erase.add_argument(
        "person", metavar="SOURCED_ID|NUMBER", help="their sourced id, or their number in the address of a page"
    )
    erase.add_argument("--yes", action="store_true", help="erase without asking")
    erase.add_argument(
        "--with-guardians", action="store_true", help="also guardians of this student and of nobody else"
    )
    retain = add("retain", _retain, "what is past its time by the rules of retention; deletes nothing unless told to")
    retain.add_argument(
        "--apply", action="store_true", help="delete what is due by the confirmed rules, or the named ones"
    )
    retain.add_argument(
        "--rule", action="append", default=[], metavar="KEY", help="this rule only; again for another one"
    )
    retain.add_argument("--yes", action="store_true", help="delete without asking")
    secret = add("secret", _secret, "renew the secret that sessions and drafts are locked with, or forget former ones")
    secret.add_argument("action", choices=["renew", "forget"], help="forget: former ones, once no draft needs them")


def _backup(chosen: argparse.Namespace) -> int:
    from fairlead.site.keeping.backup import backup

    backup(chosen.path.absolute())
    return 0


def _restore(chosen: argparse.Namespace) -> int:
    from fairlead.site.keeping.restore import restore

    restore(chosen.path.absolute())
    return 0


def _erase(chosen: argparse.Namespace) -> int:
    from fairlead.site.keeping.erase import erase

    return erase(chosen.person, sure=chosen.yes, with_guardians=chosen.with_guardians, ask=_ask)


def _retain(chosen: argparse.Namespace) -> int:
    from fairlead.site.keeping.retain import retain

    return retain(apply=chosen.apply, keys=chosen.rule, sure=chosen.yes, ask=_ask)


def _ask(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _secret(chosen: argparse.Namespace) -> int:
    from fairlead.site.keeping.secret import forget, renew

    return renew() if chosen.action == "renew" else forget()
