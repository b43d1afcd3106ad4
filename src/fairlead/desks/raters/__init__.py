"""Pages for who rates and for who trains raters: calibration, visits seen by two, what is known of how people rate."""
