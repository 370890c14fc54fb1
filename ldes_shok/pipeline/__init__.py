"""From a delivery to published members: judge, append, publish, keep what failed.

One verb for each layer. A source submits deliveries to `GroupCommit` and waits. `Writer` writes
those of several sources in one commit. `Batch` takes each delivery and gives its outcome.
`StreamWriter` appends its members to their stream.
"""
