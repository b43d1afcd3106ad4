"""What users name: one room per app, one owner per table."""
