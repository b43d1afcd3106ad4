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
from fairlead.science.impact.regression.sites import Site, Sites, site_effects
from fairlead.science.impact.regression.subgroups import Subgroups, subgroup_effects
from fairlead.science.impact.regression.wald import JointTest, joint_test
from fairlead.science.impact.regression.wild import WildBootstrap, wild_bootstrap

__all__ = [
    "Bound",
    "ClusterBootstrap",
    "Coefficient",
    "JointTest",
    "LeaveOneOut",
    "OmittedVariable",
    "Permutation",
    "RegressionFit",
    "Robustness",
    "Site",
    "Sites",
    "Subgroups",
    "WildBootstrap",
    "Without",
    "cluster_bootstrap",
    "joint_test",
    "leave_one_out",
    "linear_regression",
    "omitted_variable",
    "permute_clusters",
    "regression_from_moments",
    "robustness",
    "site_effects",
    "subgroup_effects",
    "wild_bootstrap",
]
