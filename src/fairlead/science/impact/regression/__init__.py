"""Regression on moments: least squares with errors by cluster, fixed effects, and everything that is a refit."""

from fairlead.science.impact.regression.model import linear_regression, regression_from_moments
from fairlead.science.impact.regression.omitted import (
    Bound,
    OmittedVariable,
    Robustness,
    omitted_variable,
    robustness,
)
from fairlead.science.impact.regression.permutation import Permutation, permute_clusters
from fairlead.science.impact.regression.refits import (
    ClusterBootstrap,
    LeaveOneOut,
    Without,
    cluster_bootstrap,
    leave_one_out,
)
from fairlead.science.impact.regression.result import Coefficient, RegressionFit
from fairlead.science.impact.regression.wild import WildBootstrap, wild_bootstrap

__all__ = [
    "Bound",
    "ClusterBootstrap",
    "Coefficient",
    "LeaveOneOut",
    "OmittedVariable",
    "Permutation",
    "RegressionFit",
    "Robustness",
    "WildBootstrap",
    "Without",
    "cluster_bootstrap",
    "leave_one_out",
    "linear_regression",
    "omitted_variable",
    "permute_clusters",
    "regression_from_moments",
    "robustness",
    "wild_bootstrap",
]
