"""How far confidences can be believed: calibration, thresholds, and what they are judged by."""
