"""Chronic absence, early triggers and daily attendance: one pure function each, missing rolls never dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.attendance.rules import ChronicRule, TriggerRule
from fairlead.science.proportion import Share, wilson

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class _Counted:
    """What every count by a rule says of itself: on how many of its days it rests, and on how firm a rule."""

    __slots__ = ()
    expected_days: int
    marked_days: int
    rule: ChronicRule | TriggerRule

    @property
    def coverage(self) -> float | None:
        """Student-days with a mark, of those expected; None when none was."""
        return self.marked_days / self.expected_days if self.expected_days else None

    @property
    def provisional(self) -> bool:
        """Whether the verdict rests on a rule that was not read in its own source."""
        return self.rule.about.provisional


@dataclass(frozen=True, slots=True)
class ChronicAbsence(_Counted):
    """How many students are chronically absent by a rule, of how many, and who is left out why.

    ``students == counted + too_few_days + no_mark``; the days are those of the students counted.

    Attributes
    ----------
    students, counted, chronic : int
        Everybody given; the denominator; the numerator.
    at_least, at_most : int
        The numerator were everybody present, or absent, on every day whose roll was not submitted.
    too_few_days, no_mark : int
        Left out: expected on too few days; expected on enough of them, and not marked once.
    expected_days, marked_days, absent_days : int
        Student-days of those counted.
    is_counted, is_chronic : ndarray of bool, shape (students,)
        The same, student by student.
    rule : ChronicRule
        The rule, with its source and confidence.
    """

    students: int
    counted: int
    chronic: int
    at_least: int
    at_most: int
    too_few_days: int
    no_mark: int
    expected_days: int
    marked_days: int
    absent_days: int
    is_counted: Bools
    is_chronic: Bools
    rule: ChronicRule

    @property
    def share(self) -> Share | None:
        """The share with Wilson's interval; None when nobody is counted."""
        return wilson(self.chronic, self.counted) if self.counted else None

    @property
    def not_submitted_days(self) -> int:
        """Student-days whose roll has not come."""
        return self.expected_days - self.marked_days


def chronic_absence(expected: ArrayLike, marked: ArrayLike, absent: ArrayLike, rule: ChronicRule) -> ChronicAbsence:
    """Count chronically absent students by a rule.

    Parameters
    ----------
    expected, marked, absent : array_like of int, shape (students,)
        For each student the days expected to attend, those of them with a mark, and those marked absent (for
        whatever reason: excused days count too).
    rule : ChronicRule
        One of `chronic_rules()`.

    Returns
    -------
    ChronicAbsence
        Numerator, denominator, bounds, and everybody left out by reason.

    Raises
    ------
    ValueError
        Unless ``0 <= absent <= marked <= expected`` for every student.

    Notes
    -----
    With the rule's share s a student is chronically absent when ``absent >= s * days``; `days` are those expected to
    attend where the rule says "expected" (California [1]_), those with a mark where it says "marked". The comparison
    is in whole numbers, so that a tenth of thirty days is three days and not a little more.

    A day whose roll was not submitted is neither present nor absent. The state's rule counts it as attended; so the
    count comes with the bounds ``absent >= s * expected`` and ``absent + expected - marked >= s * expected``.

    References
    ----------
    .. [1] California Department of Education, DataQuest, definitions of *eligible cumulative enrollment* ("expected
       to attend more than 30 days") and of the chronic absenteeism rate.
       https://dq.cde.ca.gov/dataquest/DQCensus/AttAbsByRsn.aspx?agglevel=State&cds=00&year=2018-19

    Examples
    --------
    Four days of forty; four of forty with six days not submitted; three of thirty, which is not enough days.

    >>> from fairlead.science.attendance import chronic_absence, chronic_rules
    >>> california = chronic_rules()[0]
    >>> found = chronic_absence([40, 40, 40, 30], [40, 34, 40, 30], [4, 3, 3, 3], california)
    >>> found.chronic, found.counted, found.too_few_days, found.at_least, found.at_most
    (1, 3, 1, 1, 2)
    """
    expected, marked, absent = _days(expected, marked, absent)
    enough = expected >= rule.min_expected
    counted = enough & (marked > 0)
    least = _reaches(absent, expected, rule.share)
    most = _reaches(absent + expected - marked, expected, rule.share)
    chronic = least if rule.of == "expected" else _reaches(absent, marked, rule.share)
    return ChronicAbsence(
        students=int(expected.size),
        counted=int(counted.sum()),
        chronic=int((chronic & counted).sum()),
        at_least=int((least & counted).sum()),
        at_most=int((most & counted).sum()),
        too_few_days=int((~enough).sum()),
        no_mark=int((enough & (marked == 0)).sum()),
        expected_days=int(expected[counted].sum()),
        marked_days=int(marked[counted].sum()),
        absent_days=int(absent[counted].sum()),
        is_counted=counted,
        is_chronic=chronic & counted,
        rule=rule,
    )


@dataclass(frozen=True, slots=True)
class EarlyTriggers(_Counted):
    """Who needs help before the year's share can say so: tiers 1 to 3, and 0 where nothing is known.

    ``students == unknown + tier_1 + tier_2 + tier_3``.

    Attributes
    ----------
    tier : ndarray of int, shape (students,)
        0: not one day has a mark.
    months : ndarray of int, shape (students,)
        Which month of school days each student is in, from 1; 0 when none was expected.
    line : ndarray of int, shape (students,)
        Days absent that call for tier 2 in that month.
    """

    students: int
    unknown: int
    tier_1: int
    tier_2: int
    tier_3: int
    expected_days: int
    marked_days: int
    tier: Ints
    months: Ints
    line: Ints
    rule: TriggerRule


def early_triggers(expected: ArrayLike, marked: ArrayLike, absent: ArrayLike, rule: TriggerRule) -> EarlyTriggers:
    """Sort students into tiers of support by their days absent, month by month of school days.

    Parameters
    ----------
    expected, marked, absent : array_like of int, shape (students, months)
        For each student the days expected, with a mark, and marked absent, in each month of school days (a student's
        first `rule.days_a_month` expected days, the next ones, …; the last month may be running).
    rule : TriggerRule
        One of `trigger_rules()`.

    Returns
    -------
    EarlyTriggers
        A tier for every student.

    Raises
    ------
    ValueError
        Unless ``0 <= absent <= marked <= expected`` everywhere.

    Notes
    -----
    Tier 2 when the days absent so far reach the line of the running month, or at the end of the month before had
    reached that month's: so nobody leaves the list because a month turned. Tier 3 when they are `tier_3` of the days
    with a mark, from `tier_3_from` such days on [1]_.

    References
    ----------
    .. [1] Attendance Works, What Activates Support at Each of the 3 Tiers?
       https://www.attendanceworks.org/chronic-absence/addressing-chronic-absence/what-activates-support-at-each-of-the-3-tiers/

    Examples
    --------
    Two days in the first month; three by the second, two of them in the first; four of twenty at once.

    >>> from fairlead.science.attendance import early_triggers, trigger_rules
    >>> days = [[20, 0], [20, 5], [20, 0]]
    >>> found = early_triggers(days, days, [[2, 0], [2, 1], [4, 0]], trigger_rules()[0])
    >>> found.tier.tolist()
    [2, 2, 3]
    """
    expected, marked, absent = _days(expected, marked, absent)
    if expected.ndim != 2:
        raise ValueError(f"one row a student and one column a month, not an array of {expected.ndim} dimensions")
    students, months = expected.shape
    running = (expected > 0).sum(axis=1)
    lines = np.array([_line(month, rule) for month in range(1, months + 1)], np.int64)
    so_far = absent.cumsum(axis=1)
    month = np.arange(1, months + 1)
    judged = (month == running[:, None]) | (month == running[:, None] - 1)
    reached = (judged & (so_far >= lines)).any(axis=1)
    total_marked, total_absent = marked.sum(axis=1), absent.sum(axis=1)
    many = (total_marked >= rule.tier_3_from) & _reaches(total_absent, total_marked, rule.tier_3)
    tier = np.select([total_marked == 0, many, reached], [0, 3, 2], default=1).astype(np.int64)
    return EarlyTriggers(
        students=students,
        unknown=int((tier == 0).sum()),
        tier_1=int((tier == 1).sum()),
        tier_2=int((tier == 2).sum()),
        tier_3=int((tier == 3).sum()),
        expected_days=int(expected.sum()),
        marked_days=int(marked.sum()),
        tier=tier,
        months=running.astype(np.int64),
        line=np.where(running > 0, lines[np.maximum(running, 1) - 1] if months else 0, 0).astype(np.int64),
        rule=rule,
    )


def _line(month: int, rule: TriggerRule) -> int:
    known = len(rule.by_month)
    return rule.by_month[month - 1] if month <= known else rule.by_month[-1] + rule.each_month * (month - known)


@dataclass(frozen=True, slots=True)
class DailyAttendance:
    """Average daily attendance: student-days present, of those with a mark."""

    students: int
    present_days: int
    marked_days: int
    expected_days: int

    @property
    def share(self) -> float | None:
        """The average; None without a mark."""
        return self.present_days / self.marked_days if self.marked_days else None

    @property
    def coverage(self) -> float | None:
        """Student-days with a mark, of those expected."""
        return self.marked_days / self.expected_days if self.expected_days else None


def daily_attendance(expected: ArrayLike, marked: ArrayLike, absent: ArrayLike) -> DailyAttendance:
    """Average daily attendance of a group of students. It hides chronic absence, so never show it alone.

    Parameters
    ----------
    expected, marked, absent : array_like of int, shape (students,)
        As for `chronic_absence`.

    Returns
    -------
    DailyAttendance
        ``sum(marked - absent) / sum(marked)`` and what it rests on [1]_.

    References
    ----------
    .. [1] National Center for Education Statistics: average daily attendance, the aggregate attendance of a school
       during a reporting period divided by the number of days school is in session, here per student with a mark.
       Bruner, C., Discher, A., & Chang, H. (2011). Chronic elementary absenteeism: a problem hidden in plain sight.
       Attendance Works and Child & Family Policy Center.

    Examples
    --------
    Two schools of twenty with the same average, 95 %: nobody is chronically absent in one, a fifth in the other.

    >>> from fairlead.science.attendance import chronic_absence, chronic_rules, daily_attendance
    >>> days, rule = [180] * 20, chronic_rules()[0]
    >>> evenly, few = [9] * 20, [0] * 16 + [45] * 4
    >>> [daily_attendance(days, days, absent).share for absent in (evenly, few)]
    [0.95, 0.95]
    >>> [chronic_absence(days, days, absent, rule).chronic for absent in (evenly, few)]
    [0, 4]
    """
    expected, marked, absent = _days(expected, marked, absent)
    return DailyAttendance(
        students=int(expected.size),
        present_days=int((marked - absent).sum()),
        marked_days=int(marked.sum()),
        expected_days=int(expected.sum()),
    )


def _days(expected: ArrayLike, marked: ArrayLike, absent: ArrayLike) -> tuple[Ints, Ints, Ints]:
    arrays = tuple(np.asarray(values, np.int64) for values in (expected, marked, absent))
    if len({values.shape for values in arrays}) != 1:
        raise ValueError(f"expected, marked and absent must be equally long: {[v.shape for v in arrays]}")
    e, m, a = arrays
    wrong = (a < 0) | (a > m) | (m > e)
    if wrong.any():
        raise ValueError(f"days must be 0 <= absent <= marked <= expected; {int(wrong.sum())} are not")
    return e, m, a


def _reaches(part: Ints, whole: Ints, share: float) -> Bools:
    """part >= share * whole, in whole numbers."""
    numerator, denominator = Decimal(str(share)).as_integer_ratio()
    return np.asarray(part * denominator >= whole * numerator, bool)
