"""The cycles by which supports go: versioned templates as data, and what became of each step."""
