"""What a component costs: to build, to keep, to start and to call."""
