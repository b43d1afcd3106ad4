"""The school office's page: what the school knows this morning, which rolls are missing, whom to call."""
