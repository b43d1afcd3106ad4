"""Page times beside the same rows fetched by hand-written SQL, in one process and one run: `make bench`."""
