"""New server projects: from nothing, from a definition, or from a server that is running."""
