"""Were the groups alike before? Each measure, which of them the verdict rests on, and which differ too much."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from fairlead.science.impact.claims.check import shown
from fairlead.science.impact.estimate import Balance
from fairlead.science.impact.report.document import FigureData, Section, Table

if TYPE_CHECKING:
    from fairlead.science.impact.report.writer import Writer


def balance(writer: Writer) -> Section:
    """The section. A column that no measure has something for is left out."""
    items = writer.main.balance
    if not items:
        return Section("balance", writer.say("balance"), (writer.say("no_baseline"),))
    blocks = any(item.within_blocks is not None for item in items)
    rows = tuple(
        (writer.of(item, "label"), _number(item.mean_intervention), _number(item.mean_comparison),
         _number(item.effect, 3), *((_number(item.within_blocks, 3),) if blocks else ()),
         writer.say("yes" if item.required else "no"), writer.say("yes" if item.adjusted else "no"), f"{item.missing:,}")
        for item in items
    )  # fmt: skip
    within = ("within",) if blocks else ()
    columns = writer.head(
        "measure", "intervention", "comparison", "difference", *within, "required", "in_model", "missing"
    )
    numeric = tuple(
        place for place, key in enumerate(columns) if place and key not in writer.head("required", "in_model")
    )
    table = Table("balance", writer.say("balance_caption"), columns, rows, numeric)
    told = (writer.say("balance_intro"), *alike(writer))
    before = before_matching(writer) if writer.main.before else ()
    return Section("balance", writer.say("balance"), told, (table, *before), tuple(_figure(writer, blocks=blocks)))


def _figure(writer: Writer, *, blocks: bool) -> Iterator[FigureData]:
    if writer.main.before:
        yield before_and_after(writer)
        return
    measured = [(item, item.effect) for item in writer.main.balance if item.effect is not None]
    if measured:
        item, effect = max(measured, key=lambda one: abs(one[1]))
        summary = writer.say("love_summary", value=f"{abs(effect):.3f}", measure=writer.of(item, "label"))
        columns = writer.head("measure", "difference", *(("within",) if blocks else ()))
        rows = tuple(
            (writer.of(one, "label"), value, *((one.within_blocks,) if blocks else ())) for one, value in measured
        )
        yield FigureData("love", "love", writer.say("love"), summary, columns, rows)


def alike(writer: Writer) -> Iterator[str]:
    """Which measures the verdict rests on, and which differ too much, before and after."""
    main = writer.main

    def named(items: tuple[Balance, ...], low: float, high: float) -> str:
        found = [(item, item.effect) for item in items if item.effect is not None and low < abs(item.effect) <= high]
        return ", ".join(f"{writer.of(item, 'label')} ({shown(effect, 3)})" for item, effect in found)

    required = [writer.of(item, "label") for item in main.balance if item.required]
    if required:
        yield writer.say("balance_required", names=", ".join(required))
    if main.before:
        far = named(main.before, 0.25, inf)
        yield writer.say("balance_before", names=far) if far else writer.say("balance_before_none")
    beyond, between = named(main.balance, 0.25, inf), named(main.balance, 0.05, 0.25)
    if beyond:
        yield writer.say("balance_beyond", names=beyond)
    if between:
        yield writer.say("balance_adjust", names=between)
    if not (beyond or between) and all(item.effect is not None for item in main.balance):
        yield writer.say("balance_alike")


def before_matching(writer: Writer) -> tuple[Table, ...]:
    """Balance of all rows, before anybody was matched."""
    rows = tuple(
        (
            writer.of(item, "label"),
            _number(item.mean_intervention),
            _number(item.mean_comparison),
            _number(item.effect, 3),
        )
        for item in writer.main.before
    )
    columns = writer.head("measure", "intervention", "comparison", "difference")
    return (Table("balance_before", writer.say("before_caption"), columns, rows, (1, 2, 3)),)


def _number(value: float | None, digits: int = 2) -> str:
    return "—" if value is None else shown(value, digits).replace(",", "")


def before_and_after(writer: Writer) -> FigureData:
    """The Love plot of a matched comparison."""
    before = {item.measure: item for item in writer.main.before}

    def effect(item: Balance | None) -> float | None:
        return None if item is None else item.effect

    rows = tuple(
        (writer.of(item, "label"), effect(before.get(item.measure)), item.effect) for item in writer.main.balance
    )
    worst = [max((abs(value) for row in rows if (value := row[place]) is not None), default=0.0) for place in (1, 2)]  # type: ignore[arg-type]
    summary = writer.say("love_matched", before=f"{worst[0]:.2f}", after=f"{worst[1]:.2f}")
    return FigureData("love", "love", writer.say("love"), summary, writer.head("measure", "before", "after"), rows)
