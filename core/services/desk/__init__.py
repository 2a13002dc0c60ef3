"""The desk turns a batch of events into decisions: load, decide, store."""
