"""A matched comparison, and its effect, as lines that a person reads."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.science.impact.matching.comparison import REASONS, Comparison
from fairlead.science.impact.matching.effect import MatchedEffect
from fairlead.science.impact.wording import counted

HEADS = ("", "before", "after", "effect size", "variance ratio", "KS", "")
STANDING = {"satisfied": "", "adjust": "adjust for it", "fails": "FAILS (> 0.25)"}


def as_text(found: Comparison, told: MatchedEffect | None = None) -> str:
    """What a person reads: who is compared, how alike they are, the effect, and what to know."""
    complete, compared = found.complete, found.compared
    lines = [
        f"{found.method}, {found.estimand}: {found.treatment} on {found.on}",
        "",
        *_table(
            [
                ("", "treated", "control"),
                ("rows with all values", f"{complete.intervention:,}", f"{complete.comparison:,}"),
                ("compared", f"{compared.intervention:,}", f"{compared.comparison:,}"),
                ("worth, by their weights", f"{found.effective[0]:,.1f}", f"{found.effective[1]:,.1f}"),
            ]
        ),
    ]
    if found.dropped:
        lines += ["", "left out"]
        rows: list[tuple[str, ...]] = []
        for gone in found.dropped:
            column = f" ({gone.column})" if gone.column else ""
            if gone.other:
                column += f", of no known arm {gone.other:,}"
            rows.append((f"  {REASONS[gone.reason]}{column}", f"{gone.intervention:,}", f"{gone.comparison:,}"))
        lines += _table(rows)
    lines += ["", "standardised differences"]
    rows = [HEADS]
    for b in found.balance:
        after = b.after
        rows.append(
            (
                f"  {b.measure}",
                _number(b.before.standardised),
                _number(after.standardised),
                _number(after.effect) if b.kind != "score" else "",
                _number(after.variance_ratio),
                _number(after.ks),
                STANDING[after.standing] if b.kind != "score" else "",
            )
        )
    lines += _table(rows)
    if told is not None:
        lines += ["", *effect_lines(told)]
    notices = [*found.notices, *(told.notices if told else ())]
    if notices:
        lines += ["", *(f"note: {notice.text}" for notice in notices)]
    return "\n".join(line.rstrip() for line in lines)


def effect_lines(told: MatchedEffect) -> list[str]:
    """The effect with its error, its interval, and what the difference was without matching."""
    kind = f"{told.errors}, by {told.clusters_by} ({told.clusters})" if told.clusters_by else told.errors
    adjusted = f", adjusted for {counted(len(told.adjusted_for), 'covariate')}" if told.adjusted_for else ""
    p = f"{told.p:.3f}" if told.p >= 0.0005 else "below 0.001"
    return [
        f"effect on {told.outcome} ({told.estimand}{adjusted}): {told.estimate:,.4g}, error {told.se:,.4g} ({kind}), "
        f"df {told.df:,.1f}, p {p}",
        f"  {100 * (1 - told.alpha):g}% interval {told.ci_low:,.4g} to {told.ci_high:,.4g}; "
        f"without matching {told.naive:,.4g} ({told.naive_se:,.4g})",
    ]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    last = len(widths) - 1
    return [
        "  ".join(
            cell.ljust(w) if j == 0 or (j == last and len(widths) > 3) else cell.rjust(w)
            for j, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value + 0.0:.3f}"
