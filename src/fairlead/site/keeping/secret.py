"""`fairlead secret`: another secret in the place of the present one, which goes on opening what it has locked."""

from __future__ import annotations

import os
import secrets

from fairlead.site.folder import forget_former, former_secrets, keep_secret
from fairlead.site.progress import say
from fairlead.site.refusal import Refusal


def renew() -> int:
    """A new secret. The former one still opens sessions, and drafts of visits on devices, until it is forgotten."""
    if os.environ.get("FAIRLEAD_SECRET_KEY"):
        raise Refusal(
            "The secret is not kept in the data folder here, so it cannot be renewed by this command.",
            allowed="a secret that Fairlead has made itself",
            got="a secret from the environment",
            where="the environment variable FAIRLEAD_SECRET_KEY",
            then="put a new one there, and the former one in FAIRLEAD_FORMER_SECRET_KEYS; then start Fairlead anew",
        )
    keep_secret("django", secrets.token_urlsafe(32))
    say(f"Renewed; {len(former_secrets('django'))} former kept for drafts on devices. Start Fairlead anew.")
    return 0


def forget() -> int:
    """Forget the former secrets: sessions and drafts that were locked with them are lost."""
    say(f"{forget_former('django')} former forgotten. Start Fairlead anew.")
    return 0
