"""Many runs: tasks, the store that keeps what came of them, engines, experiments, calibration."""
