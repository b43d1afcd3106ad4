"""Any form that keeps the rules, for properties."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from fairlead.apps.instruments.definition import DomainDef, Form, ItemDef, Level
from fairlead.apps.instruments.models import Instrument, Item

# What a person types and a spreadsheet keeps: no control characters, not only blanks, no blanks at the ends.
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"), include_characters=" "),
    min_size=1,
    max_size=30,
).map(lambda s: " ".join(s.split())).filter(bool)  # fmt: skip
MAYBE = st.one_of(st.just(""), WORDS)
NAMES = WORDS.filter(lambda s: ": " not in s and not s.endswith(":"))
KEYS = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True)
NUMBERS = st.one_of(st.none(), st.integers(-1000, 1000).map(float), st.sampled_from([0.5, 2.25, -0.125]))


@st.composite
def levels(draw: Any, *, words: bool) -> tuple[Level, ...]:
    names = draw(st.lists(NAMES, min_size=2, max_size=5, unique=True))
    return tuple(
        Level(
            name,
            draw(st.one_of(st.just(""), NAMES)),
            draw(MAYBE) if words else "",
            draw(MAYBE) if words else "",
        )
        for name in names
    )


@st.composite
def items(draw: Any, key: str) -> ItemDef:
    kind = draw(st.sampled_from(list(Item.Kind)))
    more: dict[str, Any] = {}
    if kind == "rating":
        more["anchors"] = draw(levels(words=True))
    elif kind in ("choice", "multiple", "likert"):
        options = more["options"] = draw(levels(words=False))
        right = st.integers(1, len(options))
        if kind == "choice":
            more["correct"] = tuple(draw(st.lists(right, max_size=1)))
        elif kind == "multiple":
            more["correct"] = tuple(sorted(draw(st.sets(right))))
        else:
            more["reverse"] = draw(st.booleans())
    elif kind == "number":
        least, most = draw(NUMBERS), draw(NUMBERS)
        if least is not None and most is not None and least >= most:
            most = None
        more |= {"minimum": least, "maximum": most, "unit": draw(MAYBE), "unit_es": draw(MAYBE)}
    return ItemDef(
        key, str(kind), draw(WORDS), draw(MAYBE), draw(MAYBE), draw(MAYBE), required=draw(st.booleans()),
        may_be_unseen=draw(st.booleans()), same_as=draw(st.one_of(st.none(), st.integers(1, 3))), **more,
    )  # fmt: skip


RESTRICTIONS = st.fixed_dictionaries(
    {},
    optional={
        "importable_only": st.booleans(),
        "no_high_stakes": st.booleans(),
        "minimum_group": st.integers(1, 40),
        "certificate_months": st.integers(1, 36),
        "purposes": st.just(["research"]),
        "because": WORDS,
    },
)


@st.composite
def forms(draw: Any) -> Form:
    keys = draw(st.lists(KEYS, min_size=2, max_size=7, unique=True))
    cut = draw(st.integers(1, len(keys) - 1))
    domains = tuple(
        DomainDef(
            f"{keys[0]}-{n}", draw(WORDS), draw(MAYBE), draw(MAYBE), draw(MAYBE), tuple(draw(items(k)) for k in part)
        )
        for n, part in enumerate((keys[:cut], keys[cut:]))
    )
    return Form(
        key=draw(KEYS), kind=str(draw(st.sampled_from(list(Instrument.Kind)))), name=draw(WORDS), licence=draw(WORDS),
        name_es=draw(MAYBE), about=draw(MAYBE), about_es=draw(MAYBE), source=draw(MAYBE),
        restrictions=draw(RESTRICTIONS), number=draw(st.integers(4, 30)), form=draw(st.one_of(st.just(""), KEYS)),
        form_name=draw(MAYBE), notes=draw(MAYBE), notes_es=draw(MAYBE), domains=domains,
    )  # fmt: skip
