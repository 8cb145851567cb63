"""Who acts: one module a kind of agent, over columns shared by the population."""
