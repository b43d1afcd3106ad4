"""The coach's desk: whom to visit, what waits for feedback, what was promised; and the visit, typed once."""
