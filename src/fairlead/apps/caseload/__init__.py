"""Who serves which schools, how intensely, against a published recipe of need."""
