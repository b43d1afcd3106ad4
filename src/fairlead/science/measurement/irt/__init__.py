"""Item-response models: what items ask for, what persons can, and how sure we are of both.

Every name is found when it is first asked for, so that pages start quickly. No function is called as its module.
"""

import importlib
from typing import Any

# name: its module
LAZY = {
    "Anchor": "linking",
    "BeforeAfter": "sittings",
    "Beside": "growing",
    "CalibratedItem": "calibration",
    "Calibration": "calibration",
    "Dif": "dif",
    "Fit": "misfit",
    "Form": "sittings",
    "FormGrowth": "growing",
    "Information": "information",
    "ItemFit": "misfit",
    "LeftOut": "calibration",
    "Link": "linking",
    "LogisticDif": "dif",
    "MantelHaenszel": "dif",
    "PartGrowth": "sittings",
    "Responses": "answers",
    "Scores": "scoring",
    "SharedItem": "sittings",
    "Sitting": "growing",
    "before_and_after": "sittings",
    "calibrate": "fitting",
    "form_information": "information",
    "growth": "growing",
    "item_fit": "misfit",
    "link": "linking",
    "logistic_dif": "dif",
    "mantel_haenszel": "dif",
    "marginal_reliability": "information",
    "part": "sittings",
    "responses": "answers",
    "responses_from_long": "answers",
    "score": "scoring",
}

__all__ = sorted(LAZY)


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{LAZY[name]}"), name)
