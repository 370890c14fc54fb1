"""The way from a delivery to published members: judge, append, publish, quarantine.

Each layer has one verb. A source submits deliveries to `GroupCommit` and waits. `Writer` writes
the deliveries of several sources in one commit. `Batch` takes each delivery and returns its
outcome. `StreamWriter` appends the members to their stream.
"""
