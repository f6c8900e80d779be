"""Diffusion models, through diffusers: families that are stepped natively, and any other pipeline."""
