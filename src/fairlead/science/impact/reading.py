"""Taking known keys out of a table that a person wrote, and noting everything that is wrong with it, where it is."""

from __future__ import annotations

import difflib
import math
from typing import Any

from fairlead.science.impact.problems import Problem


def closest(name: str, known: list[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else "use one of the allowed names"


class Reader:
    """Takes known keys out of one table and notes everything wrong with it, where it is."""

    def __init__(self, data: dict[str, Any], where: str, problems: list[Problem]):
        self.data, self.where, self.problems = data, where, problems
        self.known: list[str] = []

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def note(self, key: str, what: str, got: Any = "", allowed: str = "", then: str = "") -> None:
        shown = got if isinstance(got, str) and got == "nothing" else repr(got) if got != "" else ""
        self.problems.append(Problem(self.path(key), what, shown, allowed, then))

    def take(self, key: str) -> Any:
        self.known.append(key)
        return self.data.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.take(key)
        if value is None and default is not None:
            return default
        if value is None:
            self.note(key, "is missing", "nothing", "a text", f'add {key} = "…"')
        elif not isinstance(value, str) or (not value.strip() and default is None):
            self.note(key, "must be a text in quotes", value, "a text that is not empty", f'write {key} = "{value}"')
        else:
            return " ".join(value.split())
        return ""

    def optional(self, key: str) -> str | None:
        return self.text(key) if key in self.data else self.take(key)

    def column(self, key: str) -> str | None:
        return self.optional(key)

    def twin(self, key: str) -> tuple[str, str]:
        """A text and its Spanish twin (`key_es`), which falls back to the text itself."""
        text = self.text(key)
        return text, self.text(f"{key}_es", text)

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None, hint: str = "") -> str:
        value = self.take(key)
        if value is None and default is not None:
            return default
        if value not in allowed:
            got = "nothing" if value is None else value
            near = closest(value, allowed) if isinstance(value, str) else f'write {key} = "{allowed[0]}"'
            self.note(
                key,
                "is missing" if value is None else "is not one of the choices",
                got,
                ", ".join(allowed),
                hint or near,
            )
            return allowed[0]
        return str(value)

    def number(self, key: str, low: float, high: float | None = None, default: float | None = None) -> float | None:
        value = self.take(key)
        if value is None:
            return default
        bound = "a number" if low == -math.inf else f"a number from {low:g}"
        bound += f" to {high:g}" if high is not None else ""
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if not numeric or not value >= low or (high is not None and value > high) or not math.isfinite(value):
            self.note(key, "must be a number within its range", value, bound, "write it without quotes")
            return default
        return float(value)

    def needed(self, key: str, low: float) -> float:
        """A number that has no default."""
        value = self.number(key, low)
        if value is None and self.data.get(key) is None:
            self.note(key, "is missing", "nothing", f"a number from {low:g}", f"add {key} = …")
        return value if value is not None else low

    def flag(self, key: str, default: bool | None) -> bool | None:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note(key, "must be true or false", value, "true, false", "write it without quotes")
            return default
        return value

    def texts(self, key: str, allowed: tuple[str, ...] = (), default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.note(key, "must be a list of texts", value, '["…", "…"]', "put it in square brackets")
            return default
        for item in value:
            if allowed and item not in allowed:
                self.note(key, "is not one of the choices", item, ", ".join(allowed), closest(item, allowed))
        return tuple(value)

    def values(self, key: str) -> tuple[str, ...]:
        """A list of texts, numbers, true or false, as texts; needed."""
        value = self.take(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str | int | float) for item in value):
            got = "nothing" if value is None else value
            self.note(key, "must be a list of values", got, '["…", 2]', "put them in square brackets")
            return ()
        return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in value)

    def table(self, key: str) -> Reader:
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            self.note(key, "must be a table", value, f"[{key}]", f"write [{key}] on a line of its own")
            value = None
        return Reader(value or {}, self.path(key), self.problems)

    def tables(self, key: str, needed: bool = False) -> list[Reader]:
        value = self.take(key)
        if value is None:
            if needed:
                self.note(key, "at least one is needed", "nothing", f"[[{key}]]", f"add a [[{key}]] table")
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.note(key, "must be a list of tables", value, f"[[{key}]]", "use double brackets")
            return []
        return [Reader(item, f"{self.path(key)}[{place}]", self.problems) for place, item in enumerate(value)]

    def done(self) -> None:
        """Name every key nobody asked for: a misspelt key must not be silently ignored."""
        for key in self.data:
            if key not in self.known:
                near = difflib.get_close_matches(key, self.known, 1)
                self.note(
                    key,
                    "is not a key of this table",
                    "",
                    ", ".join(sorted(self.known)),
                    f"did you mean {near[0]!r}?" if near else "remove it",
                )
