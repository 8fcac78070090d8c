"""From a trained network to a profile that the application can use."""
