"""What runs a network: runtimes, their threads, tiles."""
