"""Why the price moved: causes shared out, and a chronicle to read."""
