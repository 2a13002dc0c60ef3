"""The ways to reach subscribers, one folder each, with the same file names in every folder."""
