"""Regression on moments: least squares with errors by cluster, fixed effects, and everything that is a refit."""

from fairlead.science.impact.regression.model import linear_regression, regression_from_moments
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
    "ClusterBootstrap",
    "Coefficient",
    "LeaveOneOut",
    "Permutation",
    "RegressionFit",
    "WildBootstrap",
    "Without",
    "cluster_bootstrap",
    "leave_one_out",
    "linear_regression",
    "permute_clusters",
    "regression_from_moments",
    "wild_bootstrap",
]
