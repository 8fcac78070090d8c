"""The profile `sealed`: a face coded, encrypted and carried."""
