"""Layers of networks: their options, their shapes, what they compute forward and backward."""
