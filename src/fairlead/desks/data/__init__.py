"""The data manager's desk: rosters in, with what would change; rosters out."""
