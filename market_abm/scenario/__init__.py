"""What a user writes: the schema of a scenario file, and how it is read."""
