"""The demo project and its conversations, as package data."""
