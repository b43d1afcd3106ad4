"""Lotteries of scarce places and of the order of a roll-out: committed to, drawn in public, verified from their record."""
