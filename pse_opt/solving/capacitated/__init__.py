"""Offers that can be full: links priced in, and bounds in closed form from knapsacks."""
