"""Backward passes of other people, called and compared with exact gradients."""
