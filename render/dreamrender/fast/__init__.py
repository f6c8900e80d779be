"""What speed needs beyond plain code. The plain modules stay as the oracle; tests hold the two together.

Swapped in by one setting, see `precision`. Everything here is for frozen networks: no gradient reaches a
weight, so next to nothing but the inputs of the norms is kept for the way back.
"""
