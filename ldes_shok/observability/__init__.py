"""Logs, metrics and the audit, for operators."""
