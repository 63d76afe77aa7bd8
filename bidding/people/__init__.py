"""People, organisations, roles, mandates and consortia."""
