"""What is each member's own: settings, gallery, where they stand, recipes, help, being forgotten."""
