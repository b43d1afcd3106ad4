"""The caseload plan of least cost, by constraint programming, or the rules that clash.

A problem too large to be proven is searched, and held against Lagrange's bound instead (`caseload_search`,
`caseload_bound`). Apart from `caseload` because loading the solver takes seconds: only what plans should pay for it.
"""

from __future__ import annotations

import math

import numpy as np
from ortools.sat.python import cp_model

from fairlead.science.allocation.caseload import (
    Plan,
    Problem,
    Rule,
    RuleKind,
    Status,
    pair_cost,
    priced,
    sorted_rules,
)

PROVEN = 4_000
"""Up to so many pairs of school and director the solver looks at all plans."""
NEAR = 12  # directors that a school of a larger problem is tried with
SHAKES = 1_000  # for each unit of effort


def assign(problem: Problem, effort: float = 4.0, seed: int = 1) -> Plan:
    """Find the plan of least cost that keeps every rule.

    Parameters
    ----------
    problem : Problem
    effort : float
        Limit of the solver's deterministic time (not seconds): the answer does not depend on the machine's speed.
        A problem of more than `PROVEN` pairs is shaken `SHAKES` times for each unit of it.
    seed : int

    Returns
    -------
    Plan
        With status "optimal" (proven), "feasible" (a plan; see `gap`), "infeasible" (see `clashes`) or "unknown"
        (the effort ran out before a plan was found).

    Notes
    -----
    Each school has one director. Rules: a director serves at most `Problem.load` schools and at least `fill` of
    them, and gives at most `Problem.time` minutes; each school gets its `least`; locks and conflicts hold.

    With :math:`x_{sd}` the choice and :math:`m_{sd}` its minutes the cost is

    .. math::
        \\sum_s p_s \\left[ u_s + k \\max(0, u_s - w_s/4) \\right]
        + \\sum_{sd} x_{sd} \\left( \\text{continuity} + \\text{grades} + \\text{travel}
        + \\text{language} + \\text{expertise} \\right)_{sd},
        \\qquad u_s = w_s - \\sum_d m_{sd}

    a generalised assignment problem, solved by CP-SAT [1]_ with one worker and a fixed seed; beyond `PROVEN` pairs by
    iterated local search from an assignment at Lagrange's prices, whose bound is the plan's. Clashing rules come
    from its sufficient assumptions, thinned out one rule at a time until none can be spared (the deletion filter
    of Chinneck and Dravnieks [2]_).

    References
    ----------
    .. [1] Perron, L., Didier, F., Gay, S. (2023). The CP-SAT-LP solver. CP 2023. doi:10.4230/LIPIcs.CP.2023.3
    .. [2] Chinneck, J., Dravnieks, E. (1991). Locating minimal infeasible constraint sets in linear programs.
       ORSA Journal on Computing 3(2). doi:10.1287/ijoc.3.2.157

    Examples
    --------
    >>> from fairlead.science.allocation.caseload import Director, School
    >>> problem = Problem(
    ...     schools=(School("A", wanted=300, priority=3), School("B", wanted=150)),
    ...     directors=(Director("x", fte=0.2), Director("y", fte=0.2)),
    ...     travel={("A", "x"): 40, ("B", "y"): 40})
    >>> plan = assign(problem)
    >>> plan.status, [(c.school, c.director, c.minutes) for c in plan.choices], plan.objective, plan.gap
    ('optimal', [('A', 'y', 300), ('B', 'x', 150)], 0, 0.0)

    >>> short = Problem(problem.schools, problem.directors, locked={"A": "x", "B": "x"})
    >>> [str(rule) for rule in assign(short).clashes]
    ['load:x', 'lock:A:x', 'lock:B:x']
    """
    if len(problem.schools) * len(problem.directors) > PROVEN and (plan := _searched(problem, effort, seed)):
        return plan
    built = _Model(problem, explain=False)
    solver = _solver(effort, seed)
    code = solver.solve(built.model)
    spent = float(solver.response_proto.deterministic_time)
    if code == cp_model.INFEASIBLE:
        return Plan("infeasible", clashes=_clashes(problem, effort, seed), effort=spent)
    if code not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Plan("unknown", effort=spent)
    chosen: dict[str, tuple[str, int]] = {}
    for (school, director), x in built.x.items():
        if solver.boolean_value(x):
            chosen[school] = (director, solver.value(built.minutes[school, director]) * problem.grain)
    choices, loads, cost = priced(problem, chosen)
    status: Status = "optimal" if code == cp_model.OPTIMAL else "feasible"
    return Plan(status, choices, loads, cost, bound=round(solver.best_objective_bound), effort=spent)


def _searched(problem: Problem, effort: float, seed: int) -> Plan | None:
    """A good plan of a large problem with a bound; None when the search met none that keeps every rule."""
    # Loaded here: what is compiled need not be there for the plans of a network of twenty schools.
    from fairlead.science.allocation.caseload_bound import Arrays, lower_bound, start
    from fairlead.science.allocation.caseload_search import BROKEN, improve

    arrays, rng = Arrays.of(problem), np.random.default_rng(seed)
    first = start(arrays, np.zeros(len(problem.directors)))
    if first is None:
        return None
    _chosen, _minutes, upper = improve(arrays, first, np.argsort(arrays.fixed, axis=1)[:, :NEAR], rng, 0)
    bound = lower_bound(arrays, upper)
    priced_start = start(arrays, bound.minute_price)
    near = np.argsort(bound.dearer, axis=1)[:, :NEAR]
    shakes = round(SHAKES * effort)
    directors, minutes, cost = improve(arrays, first if priced_start is None else priced_start, near, rng, shakes)
    if cost >= BROKEN:
        return None
    chosen = {
        school.key: (problem.directors[d].key, int(m))
        for school, d, m in zip(problem.schools, directors, minutes, strict=True)
    }
    choices, loads, total = priced(problem, chosen)
    status: Status = "optimal" if total.total == bound.value else "feasible"
    return Plan(status, choices, loads, total, bound=bound.value, effort=effort)


class _Model:
    """The CP-SAT model. With `explain`, each rule is switched by a literal that is assumed true."""

    def __init__(self, problem: Problem, explain: bool) -> None:
        self.problem = problem
        self.explain = explain
        self.model = cp_model.CpModel()
        self.literals: dict[int, Rule] = {}
        self.switches: dict[Rule, cp_model.IntVar] = {}
        grain = problem.grain
        self.x: dict[tuple[str, str], cp_model.IntVar] = {}
        self.minutes: dict[tuple[str, str], cp_model.IntVar] = {}
        for s in problem.schools:
            for d in problem.directors:
                self.x[s.key, d.key] = self.model.new_bool_var(f"x {s.key} {d.key}")
                self.minutes[s.key, d.key] = self.model.new_int_var(0, s.wanted // grain, f"m {s.key} {d.key}")
        self._rules()
        if not explain:
            self.model.minimize(self._cost())

    def _add(self, rule: Rule, constraint: cp_model.BoundedLinearExpression | bool) -> None:
        added = self.model.add(constraint)
        if self.explain:
            if rule not in self.switches:
                switch = self.model.new_bool_var(f"rule {rule}")
                self.switches[rule] = switch
                self.literals[switch.index] = rule
            added.only_enforce_if(self.switches[rule])

    def _rules(self) -> None:
        p = self.problem
        least_all = 0
        for s in p.schools:
            self.model.add_exactly_one(self.x[s.key, d.key] for d in p.directors)
            least = math.ceil(s.least / p.grain)
            least_all += least
            for d in p.directors:
                x, m = self.x[s.key, d.key], self.minutes[s.key, d.key]
                self.model.add(m <= (s.wanted // p.grain) * x)
                if least:
                    self._add(Rule("least"), m >= least * x)
        for d in p.directors:
            served = sum(self.x[s.key, d.key] for s in p.schools)
            self._add(Rule("load", director=d.key), served <= p.load(d))
            if fewest := math.floor(p.fill * p.load(d)):
                self._add(Rule("fill", director=d.key), served >= fewest)
            given = sum(self.minutes[s.key, d.key] for s in p.schools)
            self._add(Rule("time", director=d.key), given <= p.time(d) // p.grain)
        for school, director in p.locked.items():
            self._add(Rule("lock", school, director), self.x[school, director] == 1)
        for school, director in sorted(p.conflicts):
            self._add(Rule("conflict", school, director), self.x[school, director] == 0)
        if self.explain:
            # Follow from the rules above; without them a shortage over all is a pigeonhole proof, minutes long.
            self._shortage("load", len(p.schools), 1, [p.load(d) for d in p.directors])
            if least_all:
                on = self.switches[Rule("least")]
                self._shortage("time", least_all, on, [p.time(d) // p.grain for d in p.directors])

    def _shortage(self, kind: RuleKind, asked: int, on: cp_model.LinearExprT, limits: list[int]) -> None:
        """What is asked over all is at most the sum of the limits whose rules are switched on."""
        room: list[cp_model.LinearExprT] = []
        for director, limit in zip(self.problem.directors, limits, strict=True):
            switch = self.switches[Rule(kind, director=director.key)]
            room.append(asked + (min(limit, asked) - asked) * switch)
        self.model.add(asked * on <= sum(room))

    def _cost(self) -> cp_model.LinearExprT:
        p = self.problem
        terms: list[cp_model.LinearExprT] = []
        for s in p.schools:
            given = sum(self.minutes[s.key, d.key] for d in p.directors)
            short = s.wanted - p.grain * given
            terms.append(s.priority * short)
            if p.weights.deep_shortfall:
                deep = self.model.new_int_var(0, s.wanted, f"deep {s.key}")
                self.model.add(deep >= short - s.wanted // 4)
                terms.append(s.priority * p.weights.deep_shortfall * deep)
            for d in p.directors:
                if fixed := pair_cost(p, s, d).total:
                    terms.append(fixed * self.x[s.key, d.key])
        return sum(terms)


def _clashes(problem: Problem, effort: float, seed: int) -> tuple[Rule, ...]:
    """Rules that clash, thinned out while the effort lasts."""
    built = _Model(problem, explain=True)
    left = effort

    def core(rules: list[Rule]) -> list[Rule] | None:
        """A part of `rules` that clashes, or None if they can hold together (or no proof was found)."""
        nonlocal left
        if left <= 0:
            return None
        built.model.clear_assumptions()
        built.model.add_assumptions([built.switches[r] for r in rules])
        solver = _solver(left, seed)
        code = solver.solve(built.model)
        left -= float(solver.response_proto.deterministic_time)
        if code != cp_model.INFEASIBLE:
            return None
        return sorted_rules(built.literals[i] for i in solver.sufficient_assumptions_for_infeasibility())

    clash = core(sorted_rules(built.switches)) or sorted_rules(built.switches)
    # Locks are tried last, so that what is left speaks of choices that somebody can change.
    for rule in sorted(clash, key=lambda r: r.kind == "lock"):
        if rule in clash and (smaller := core([r for r in clash if r != rule])) is not None:
            clash = smaller
    return tuple(clash)


def _solver(effort: float, seed: int) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = effort
    return solver
