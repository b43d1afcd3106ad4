"""Panels: what a treatment did that came to different units at different times."""

from fairlead.science.impact.panel.data import Panel, read_panel
from fairlead.science.impact.panel.did import Aggregate, Did, GroupTime, Point, PreTrend, group_time
from fairlead.science.impact.panel.two_way import TwoWay, event_study, treated_coefficient

__all__ = [
    "Aggregate",
    "Did",
    "GroupTime",
    "Panel",
    "Point",
    "PreTrend",
    "TwoWay",
    "event_study",
    "group_time",
    "read_panel",
    "treated_coefficient",
]
