"""What steering costs, measured against the plain loop of 2021."""
