"""Organizations, people, roles, sessions, sections, enrollments: the field's roster, in OneRoster's words."""
