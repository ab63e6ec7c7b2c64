"""Models that fall into parts, by themselves or at prices for what the parts share."""
