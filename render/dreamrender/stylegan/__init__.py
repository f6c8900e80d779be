"""Generators of the StyleGAN family, in plain torch."""
