"""Record what an agent's models answer, replay it offline."""
