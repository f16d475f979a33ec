"""How the proofs of certificates are found; Coq checks them, so none of this is trusted."""
