"""Messages inside the platform and the outbox that carries them beyond it."""
