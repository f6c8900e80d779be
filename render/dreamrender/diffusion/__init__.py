"""Diffusion through diffusers: loading, stepping and driving its pipelines."""
