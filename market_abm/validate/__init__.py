"""Is it true: the model set against history, with bands fixed beforehand."""
