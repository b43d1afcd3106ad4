"""Who changed a record, and who looked at it: pages for those who may see the record, the auditor, and the person."""
