"""Growth between two forms: what a group learned or changed its mind about, beside what chance would show."""
