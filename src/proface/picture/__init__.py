"""One picture: protected, recovered, inspected."""
