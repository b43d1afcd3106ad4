"""Loaded first (`-p` in pyproject.toml): tests migrate and arrange as the owner, in the demo."""

import os

os.environ["FAIRLEAD_LOGIN"] = "owner"
os.environ["FAIRLEAD_DEMO"] = "1"

from hypothesis import HealthCheck, settings

# The same examples in every run, and no test that fails because the machine is busy.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
