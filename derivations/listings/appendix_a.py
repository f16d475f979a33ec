"""The arrays printed in Appendix A. (Article: "Appendix A: Valid vs. Full Mode".)"""

from cnn_symbolic import convolve, correlate, literal, prove, rot180

values = literal(values=[[1, 2, 3], [4, 5, 6], [7, 8, 9]])
f = literal(values=[[10, 20], [30, 40]])
rotated = literal(values=[[40, 30], [20, 10]])
FULL_CONVOLUTION = [[10, 40, 70, 60], [70, 230, 330, 240], [190, 530, 630, 420], [210, 520, 590, 360]]
FULL_CORRELATION = [[40, 110, 180, 90], [180, 370, 470, 210], [360, 670, 770, 330], [140, 230, 260, 90]]

printed_arrays = [
    prove(f"Appendix A: {title}", computed, equals=literal(values=printed), article="A1")
    for title, computed, printed in [
        ("the valid cross-correlation", correlate(values, f, mode="valid"), [[370, 470], [670, 770]]),
        ("the valid convolution", convolve(values, f, mode="valid"), [[230, 330], [530, 630]]),
        ("the rotated filter", rot180(f), [[40, 30], [20, 10]]),
        ("the valid cross-correlation, rotated", correlate(values, rotated, mode="valid"), [[230, 330], [530, 630]]),
        ("the full cross-correlation", correlate(values, f, mode="full"), FULL_CORRELATION),
        ("the full convolution", convolve(values, f, mode="full"), FULL_CONVOLUTION),
        ("the full cross-correlation, rotated", correlate(values, rotated, mode="full"), FULL_CONVOLUTION),
    ]
]

if __name__ == "__main__":
    printed_arrays[0].main()
