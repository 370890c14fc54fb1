"""Event sources: each source submits deliveries and gets a result when they are stored."""
