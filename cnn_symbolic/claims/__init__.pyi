from cnn_symbolic.claims.reading import read_claims as read_claims
from cnn_symbolic.kernel.search.decide import decide as decide
from cnn_symbolic.kernel.search.exchanges import state as state
from cnn_symbolic.proofs.settling import settle_many as settle_many
