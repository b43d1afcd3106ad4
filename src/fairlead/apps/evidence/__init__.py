"""Studies: the plan first, then the run, the finding, and the sentence people may repeat."""
