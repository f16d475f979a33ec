"""Certificates: claims as statements in Coq with their proofs, which Coq checks without trusting this package."""
