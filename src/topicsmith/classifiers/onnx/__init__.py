"""Encoders that answer by onnxruntime: written from trained ones, read without torch."""
