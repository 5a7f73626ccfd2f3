"""Servers that are known, under the same workload."""
