"""Loaded first (`-p` in pyproject.toml): tests migrate and arrange as the owner, in the demo."""

import os

os.environ["FAIRLEAD_LOGIN"] = "owner"
os.environ["FAIRLEAD_DEMO"] = "1"
