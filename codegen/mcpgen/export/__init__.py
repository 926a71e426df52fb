"""`mcpgen export`: what a server offers as a definition file, and the codecs of its tools, frozen."""
