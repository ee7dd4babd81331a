"""Pictures of what checked sentences say, where people would rather look than read."""
