"""Evidence standards: rules as data (TOML with version, basis, confidence, source), and the code that
applies them."""
