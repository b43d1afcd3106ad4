"""Regression on moments: least squares with errors by cluster, fixed effects, and everything that is a refit."""

from fairlead.science.impact.regression.model import linear_regression, regression_from_moments
from fairlead.science.impact.regression.result import Coefficient, RegressionFit

__all__ = ["Coefficient", "RegressionFit", "linear_regression", "regression_from_moments"]
