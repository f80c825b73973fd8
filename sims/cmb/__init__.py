"""The cosmic microwave background: one file per question."""
