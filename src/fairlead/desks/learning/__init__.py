"""Professional learning: programmes, sign-in, hours, five levels side by side, cost."""
