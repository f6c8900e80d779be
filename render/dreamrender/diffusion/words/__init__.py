"""What a prompt's phrases say to a denoiser: read in windows, with weights."""
