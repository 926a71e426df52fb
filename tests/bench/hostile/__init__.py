"""What `mcpgen validate` spends on servers that flood it, and on those that stall: memory and time."""
