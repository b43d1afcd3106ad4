"""One calibration in a process of its own, for its time and its peak memory: see `bench.irt`."""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np

from fairlead.science.measurement.irt import calibrate, responses


def main() -> None:
    """Reads what to do from the only argument, prints what it took."""
    asked = json.loads(sys.argv[1])
    answers = np.load(asked["path"])
    calibrate(responses(np.ascontiguousarray(answers[:300])), "2pl")  # everything is compiled
    started = time.perf_counter(), time.process_time()
    fit = calibrate(responses(answers), "2pl")
    took = time.perf_counter() - started[0], time.process_time() - started[1]
    print(
        json.dumps(
            {
                "seconds": took[0],
                "cpu": took[1],
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
                "loglik": fit.loglik,
                "converged": fit.converged,
                "gradient": fit.convergence.gradient,
                "passes": fit.convergence.passes,
                "errors": fit.errors,
                "slopes": [item.slope for item in fit.items],
                "slope_ses": [item.slope_se for item in fit.items],
                "difficulties": [item.difficulties[0] for item in fit.items],
            }
        )
    )


if __name__ == "__main__":
    main()
