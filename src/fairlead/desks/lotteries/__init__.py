"""Lotteries: planned, committed to, drawn in public and verified by anybody; their studies are opened here."""
