"""Hand-made sequences of a monitored value, with the early-stopping knobs under which they are played.

Steps are powers of two, so that a gain "of exactly min_delta" is exact in float32 and float64 alike; only
the cases named `rounding_…` are not.
"""

NAN, INF = float("nan"), float("inf")

# name: (knobs other than patience 2, min_delta 0, mode auto, weights restored; the values, one an epoch)
SEQUENCES = {
    "always_better": ({}, [1.0, 0.5, 0.25, 0.125, 0.0625]),
    "plateau": ({}, [1.0, 0.5, 0.5, 0.5, 0.5, 0.5]),
    "plateau_unrestored": ({"restore_best_weights": False}, [1.0, 0.5, 0.5, 0.5, 0.5]),
    "worse_then_better": ({}, [1.0, 1.5, 0.5, 0.75, 0.25, 0.5, 0.5, 0.1]),
    "restored_without_stop": ({"patience": 10}, [1.0, 0.5, 0.75, 0.875, 0.75]),
    "unrestored_without_stop": ({"patience": 10, "restore_best_weights": False}, [1.0, 0.5, 0.75]),
    "best_is_last": ({"patience": 10}, [1.0, 0.75, 0.875, 0.5]),
    "exact_min_delta": ({"min_delta": 0.25}, [1.0, 0.75, 0.5, 0.25, 0.125]),
    "exact_min_delta_from_best": ({"min_delta": 0.25, "patience": 3}, [1.0, 0.75, 0.625, 0.375, 0.375, 0.25]),
    "small_gains_add_up": (
        {"min_delta": 0.25, "patience": 3},
        [1.0, 0.875, 0.75, 0.625, 0.5, 0.4375, 0.375, 0.25],
    ),
    "small_gains_too_slow": ({"min_delta": 0.5, "patience": 2}, [1.0, 0.875, 0.75, 0.625, 0.25]),
    "negative_min_delta": ({"min_delta": -0.25}, [1.0, 0.75, 0.5, 0.25]),
    "patience_0": ({"patience": 0}, [1.0, 0.5, 0.5, 0.25]),
    "patience_1": ({"patience": 1}, [1.0, 0.5, 0.5, 0.25]),
    "patience_0_worse_at_once": ({"patience": 0}, [1.0, 2.0, 0.5]),
    "patience_1_worse_at_once": ({"patience": 1}, [1.0, 2.0, 0.5]),
    "nan_first": ({}, [NAN, 0.5, 0.25, 0.125]),
    "nan_first_patient": ({"patience": 5}, [NAN, 0.5, 0.25, 0.125]),
    "nan_first_patience_0": ({"patience": 0}, [NAN, 0.5, 0.25]),
    "nan_first_with_baseline": ({"baseline": 1.0, "patience": 3}, [NAN, 0.5, 0.25, 0.125]),
    "nan_in_warm_up": ({"start_from_epoch": 1}, [NAN, 0.5, 0.25, 0.375, 0.375]),
    "nan_later": ({}, [1.0, 0.5, NAN, 0.25, NAN, NAN, 0.1]),
    "all_nan": ({}, [NAN, NAN, NAN, NAN]),
    "infinite_first": ({}, [INF, INF, 1.0, 0.5, 0.75, 0.75]),
    "baseline_beaten": ({"baseline": 0.75}, [1.0, 0.5, 0.625, 0.625, 0.5]),
    "baseline_never_beaten": ({"baseline": 0.125, "patience": 3}, [1.0, 0.5, 0.375, 0.25, 0.0625]),
    "baseline_met_exactly": ({"baseline": 0.5, "patience": 3}, [1.0, 0.5, 0.5, 0.25, 0.25]),
    "baseline_improves_past_patience": ({"baseline": 0.125}, [1.0, 0.875, 0.75, 0.625, 0.625, 0.5]),
    "baseline_beaten_on_the_last_chance": (
        {"baseline": 0.5, "patience": 3},
        [1.0, 0.875, 0.25, 0.5, 0.5, 0.5],
    ),
    "baseline_and_min_delta": (
        {"baseline": 0.75, "min_delta": 0.25, "patience": 2},
        [1.0, 0.625, 0.5, 0.4375, 0.25],
    ),
    "baseline_patience_0": ({"baseline": 0.125, "patience": 0}, [1.0, 0.5, 0.25, 0.5]),
    "start_from_epoch": ({"start_from_epoch": 3}, [0.1, 0.2, 0.3, 1.0, 0.5, 0.75, 0.75, 0.75]),
    "start_from_epoch_never_reached": ({"start_from_epoch": 9}, [1.0, 0.5, 0.75]),
    "start_from_epoch_patience_0": ({"start_from_epoch": 2, "patience": 0}, [0.5, 0.6, 0.7, 0.8, 0.1]),
    "mode_max": ({"mode": "max"}, [0.5, 0.75, 0.625, 0.75, 0.875]),
    "mode_max_exact_min_delta": ({"mode": "max", "min_delta": 0.125}, [0.5, 0.625, 0.75, 0.75, 0.875]),
    "mode_max_baseline": ({"mode": "max", "baseline": 0.75, "patience": 2}, [0.5, 0.625, 0.875, 0.5, 0.5]),
    "mode_max_nan_first": ({"mode": "max"}, [NAN, 0.5, 0.75, 0.875]),
    "mode_min": ({"mode": "min", "patience": 3}, [0.5, 0.75, 0.25, 0.25, 0.5, 0.25, 0.125]),
    "rounding_gain_of_a_tenth": ({"min_delta": 0.1, "patience": 1}, [0.8, 0.7, 0.6, 0.5]),
    "rounding_gain_below_float32": ({"patience": 1}, [0.5, 0.5 - 1e-9, 0.5 - 2e-9]),
}
