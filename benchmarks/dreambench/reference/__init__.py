"""The plain loop: VQGAN+CLIP as it was published, written naively. Oracle of gradients, baseline of speed.

Nothing here is shared with `dreamrender`: one formula, one line, 32-bit floats, one pass each.
"""
