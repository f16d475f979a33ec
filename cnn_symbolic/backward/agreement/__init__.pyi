from cnn_symbolic.backward.agreement.reading_both import same as same
