"""Where a review of assignments is planned, collected, judged and read."""
