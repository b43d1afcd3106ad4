"""Places: ZIP codes and neighbourhoods, quality rules, the seats they find, and money tied to seats."""
