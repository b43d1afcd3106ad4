"""`fairlead retain`: what is past its time, and with --apply, away with it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fairlead.site.owner import start_django
from fairlead.site.progress import say
from fairlead.site.refusal import Refusal


def retain(*, apply: bool, keys: Collection[str], sure: bool, ask: Callable[[str], bool]) -> int:
    """List what is due; apply the confirmed rules, and those that are named."""
    start_django()
    from fairlead.apps.access import retention

    found = {due.rule.key: due for due in retention.due()}
    if unknown := set(keys) - set(found):
        raise Refusal(
            "There is no such rule.",
            allowed=", ".join(found),
            got=", ".join(sorted(unknown)),
            where="apps/access/retention/rules.toml",
            then="choose one of the rules, or run `fairlead retain` to list them",
        )
    for key, due in found.items():
        mark = "  (provisional)" if due.rule.provisional else ""
        print(f"{due.rows:>9}  {key:<18} {due.rule.what}, from before {due.before}{mark}")
        print(f"{'':>11}because: {due.rule.ground}")
    if not apply:
        say(
            "Nothing was changed. --apply deletes what the confirmed rules name; a provisional rule must be named: --rule KEY"
        )
        return 0
    wanted = [key for key, due in found.items() if key in keys or (not keys and not due.rule.provisional)]
    rows = sum(found[key].rows for key in wanted)
    if not rows:
        say("Nothing is due.")
        return 0
    if not sure and not ask(f"Delete {rows} ({', '.join(wanted)}) for good?"):
        say("Nothing was changed.")
        return 1
    for done in retention.apply(wanted):
        print(f"{done.rows:>9}  {done.rule.key} deleted")
    return 0
