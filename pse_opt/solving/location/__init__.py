"""Where everybody goes to the cheapest, or to any within reach: offers that are never full."""
