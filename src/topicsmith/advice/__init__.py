"""Which candidate to deploy, why, and what to do next."""
