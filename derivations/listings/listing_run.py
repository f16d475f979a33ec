"""The listing's own run, with the numeric layers, against the proved formulas. (Article: "Code".)

Weights and arriving gradients are small integers and the activation is t² + t, so that every number is an
integer and the comparison is exact. `python -m cnn_symbolic.witnesses.article_run` prints the run itself,
with the sigmoid and random weights.
"""

from cnn_symbolic import check, convolve, correlate, outer, sizes, summed, take
from cnn_symbolic.layers import FeatureMap, FullyConnectedLayer, MaxPoolingMap
from cnn_symbolic.witnesses import article_run

K, M, N, I, J = sizes("K M N I J")
feature_map = FeatureMap((M, N), (I, J))
pool = MaxPoolingMap((M, N), (I, J))
connected = FullyConnectedLayer((M, N), neurons=K)

listing_run = [
    check(
        f"The listing's {name} computes the proved gradients, exactly",
        statement=f"{name} on the listing's input = the proved formulas",
        by=lambda run=run, proved=proved: article_run.compare(run(), proved),
        article="A3",
    )
    for name, run, proved in [
        (
            "FeatureMap",
            article_run.feature_map,
            {
                "a": feature_map.a,
                "b_gradient": correlate(feature_map.activation_slope, feature_map.a_gradient, mode="valid"),
                "w_gradient": correlate(feature_map.a_prev, feature_map.delta, mode="valid"),
                "a_prev_gradient": convolve(feature_map.w, feature_map.delta, mode="full"),
            },
        ),
        ("MaxPoolingMap", article_run.max_pooling, {"a": pool.a, "a_prev_gradient": pool.gradient(pool.a_prev)}),
        (
            "FullyConnectedLayer",
            article_run.fully_connected,
            {
                "a": connected.a,
                "b_gradient": connected.delta,
                "w_gradient": outer(connected.delta, connected.a_prev),
                "a_prev_gradient": summed(K, lambda k: take(connected.delta, at=(k,)) * take(connected.w, at=(k,))),
            },
        ),
    ]
]

if __name__ == "__main__":
    listing_run[0].main()
