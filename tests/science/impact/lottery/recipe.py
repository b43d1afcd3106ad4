"""The draw of a lottery as docs/reference/lottery-record.md tells it, written a second time: no line of the engine is used."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction


def sha(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def list_hash(design: dict) -> str:
    told = json.dumps(design, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha(f"fairlead-lottery-2\n{told}").hex()


def commitment(seed: str, salt: str) -> str:
    whole = b""
    for part in ("fairlead-lottery-1", "commit", salt, seed):
        whole += len(part.encode()).to_bytes(8, "big") + part.encode()
    return hashlib.sha256(whole).hexdigest()


def stream(key: str, attempt: int, count: int) -> list[int]:
    found: list[int] = []
    block = 0
    while len(found) < count:
        digest = sha(f"fairlead-lottery-2|{key}|{attempt}|{block}")
        found += [int.from_bytes(digest[i : i + 8], "big") for i in (0, 8, 16, 24)]
        block += 1
    return found[:count]


def one_attempt(design: dict, key: str, attempt: int) -> tuple[dict[str, int], list[dict]]:
    entries = sorted(design["entries"], key=lambda e: e["key"])
    strata = sorted({e["stratum"] for e in entries})
    last = len(design["steps"]) if design["kind"] == "steps" else 1
    drawn = stream(key, attempt, len(entries) + len(strata) + last)
    of_entry = {e["key"]: drawn[i] for i, e in enumerate(entries)}
    of_stratum = {s: drawn[len(entries) + i] for i, s in enumerate(strata)}
    rest = drawn[len(entries) + len(strata) :]
    order = sorted(entries, key=lambda e: (of_stratum[e["stratum"]], of_entry[e["key"]]))
    if design["kind"] == "steps":
        turns = sorted(range(last), key=lambda k: rest[k])
        return {e["key"]: turns[i % last] for i, e in enumerate(order)}, order
    whole = sum(e["size"] for e in entries)
    total = Fraction(design["places"]) if design["places"] is not None else Fraction(design["share"]) * whole
    room, reached = {}, Fraction(rest[0], 2**64)
    for stratum in sorted(strata, key=lambda s: of_stratum[s]):
        before = int(reached)
        reached += total * sum(e["size"] for e in entries if e["stratum"] == stratum) / whole
        room[stratum] = int(reached) - before
    group = {}
    for e in order:
        group[e["key"]] = int(e["size"] <= room[e["stratum"]])
        room[e["stratum"]] -= e["size"] * group[e["key"]]
    return group, order


def keeps(design: dict, group: dict[str, int]) -> bool:
    groups = range(len(design["steps"])) if design["kind"] == "steps" else range(2)
    for c, limit in enumerate(design["limits"]):
        inside = [[Fraction(e["values"][c]) for e in design["entries"] if group[e["key"]] == g] for g in groups]
        if not all(inside):
            return False
        means = [sum(values) / len(values) for values in inside]
        if max(means) - min(means) > Fraction(limit["most"]):
            return False
    return True


def draw(record: dict) -> tuple[int, dict[str, int], dict[str, int]]:
    """Attempt, group and place on the waiting list by key."""
    design = record["design"]
    key = sha(f"fairlead-lottery-2|draw|{list_hash(design)}|{record['seed']}|{record['public_result']}").hex()
    attempt = 0
    while True:
        group, order = one_attempt(design, key, attempt)
        if keeps(design, group):
            break
        attempt += 1
    waiting, behind = dict.fromkeys(group, 0), {}
    for e in order:
        if design["kind"] == "places" and not group[e["key"]]:
            behind[e["stratum"]] = behind.get(e["stratum"], 0) + 1
            waiting[e["key"]] = behind[e["stratum"]]
    return attempt, group, waiting


def chances(record: dict) -> dict[str, list[float]]:
    """Each entry's chance by the public rehearsal (for designs with limits or with teams of several sizes)."""
    design = record["design"]
    key = sha(f"fairlead-lottery-2|rehearsal|{list_hash(design)}").hex()
    groups = len(design["steps"]) if design["kind"] == "steps" else 2
    counts = {e["key"]: [0] * groups for e in design["entries"]}
    for attempt in range(record["rehearsal"]["tried"]):
        group, _ = one_attempt(design, key, attempt)
        if keeps(design, group):
            for name, g in group.items():
                counts[name][g] += 1
    accepted = record["rehearsal"]["accepted"]
    return {name: [round(n / accepted, 6) for n in row] for name, row in counts.items()}
