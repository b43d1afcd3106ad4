"""The director of principals: five schools in order of need, and whether the caseload follows the need."""
