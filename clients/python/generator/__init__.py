"""Makes Python of an OpenAPI document: see generate.py."""
