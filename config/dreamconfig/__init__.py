"""Settings, the model catalogue and the style list."""
