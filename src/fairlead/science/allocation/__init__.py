"""Who gets how much: the need index, the caseload plan, and whether minutes go where the need is."""
