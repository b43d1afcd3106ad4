"""Settings, urls, clock, embedded PostgreSQL, middleware, base templates, design tokens, health."""
