"""Inner loops as machine code. Import it only from modules that are loaded when their method is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """Compile at the first call; what was compiled is kept beside the package, or in the user's cache, where either can
    be written. Else each process compiles anew. `options` are numba's."""
    try:
        return numba.njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # nowhere to keep it
        return numba.njit(nogil=True, **options)(function)
