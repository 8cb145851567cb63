"""What is kept of a run: tables, the run's folder, measures."""
