"""The substitute's pages: one teacher's rolls of one day, by a link, and nothing else of Fairlead."""
