"""Reviews of assignments: a random sample of what students were asked to do, judged by two people who do not see each other."""
