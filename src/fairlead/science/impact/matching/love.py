"""The Love plot: standardised differences before and after, with its data and a text for those who do not see it."""

from __future__ import annotations

from fairlead.science.impact.figure import Figure, values
from fairlead.science.impact.matching.balance import ADJUST, SATISFIED
from fairlead.science.impact.matching.comparison import Comparison


def love_plot(found: Comparison, *, title: str = "") -> Figure:
    """Absolute standardised differences of each covariate, largest before matching on top, with lines at 0.05 and 0.25.

    Parameters
    ----------
    found : a comparison.
    title : by default a sentence with the largest difference before and after.
    """
    import altair as alt

    shown = [b for b in found.balance if b.before.standardised is not None and b.after.standardised is not None]
    shown.sort(key=lambda b: -abs(b.before.standardised or 0.0))
    rows = tuple(
        (b.measure, when, round(abs(getattr(b, when).standardised), 6)) for b in shown for when in ("before", "after")
    )
    worst = [
        max((b for b in shown if b.kind != "score"), key=lambda b: abs(getattr(b, when).standardised), default=None)
        for when in ("before", "after")
    ]
    told = ""
    if worst[0] is not None and worst[1] is not None:
        told = (
            f"The largest standardised difference was {abs(worst[0].before.standardised or 0.0):.2f} ({worst[0].measure}) "
            f"and is {abs(worst[1].after.standardised or 0.0):.2f} ({worst[1].measure})"
        )
    beyond = [b.measure for b in shown if abs(b.after.standardised or 0.0) > ADJUST]
    text = f"{told}. " + (
        f"Still beyond {ADJUST}: {', '.join(beyond)}." if beyond else f"None is beyond {ADJUST} any more."
    )
    title = title or told
    columns = ("covariate", "when", "difference")
    points = (
        alt.Chart(values(columns, rows))
        .mark_point(filled=True, size=70)
        .encode(
            x=alt.X("difference:Q", title="absolute standardised difference"),
            y=alt.Y("covariate:N", sort=[b.measure for b in shown], title=None),
            shape=alt.Shape("when:N", sort=["before", "after"], title=None),
            color=alt.Color(
                "when:N",
                sort=["before", "after"],
                title=None,
                scale=alt.Scale(domain=["before", "after"], range=["#b5651d", "#1f5a8c"]),
            ),
        )
    )
    lines = (
        alt.Chart(alt.Data(values=[{"line": SATISFIED}, {"line": ADJUST}]))
        .mark_rule(strokeDash=[4, 4], color="#767676")
        .encode(x="line:Q")
    )
    chart = alt.layer(lines, points).properties(title=title, description=text, width=420)
    return Figure("love", title, text, columns, rows, chart.to_dict())
