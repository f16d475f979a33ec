"""The arrays printed in Appendix B. (Article: "Appendix B: Summing 2-D vs. 3-D Stack".)"""

from cnn_symbolic import correlate, literal, prove, stack, take

first_map, second_map = (
    literal(values=v) for v in ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[9, 8, 7], [6, 5, 4], [3, 2, 1]])
)
first_filter, second_filter = (literal(values=v) for v in ([[1, 2], [3, 4]], [[5, 6], [7, 8]]))
first_result = correlate(first_map, first_filter, mode="valid")
second_result = correlate(second_map, second_filter, mode="valid")
stacked_result = correlate(stack(first_map, second_map), stack(first_filter, second_filter), mode="valid")

printed_arrays = [
    prove(f"Appendix B: {title}", computed, equals=literal(values=printed), article="A2")
    for title, computed, printed in [
        ("the first result", first_result, [[37, 47], [67, 77]]),
        ("the second result", second_result, [[175, 149], [97, 71]]),
        ("the sum of the results", first_result + second_result, [[212, 196], [164, 148]]),
        ("the result of the stacks", take(stacked_result, at=(0,)), [[212, 196], [164, 148]]),
    ]
]

if __name__ == "__main__":
    printed_arrays[3].main()
