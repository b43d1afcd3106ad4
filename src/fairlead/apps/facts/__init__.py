"""What the daily apps publish upward: one documented view per grain. Indicators and studies read these, and no table."""
