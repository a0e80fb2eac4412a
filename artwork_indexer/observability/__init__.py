"""Logging, metrics, health endpoints and Sentry."""
