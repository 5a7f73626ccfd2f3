"""The workload, the peers and the ratios: how fast Brokergraph is beside servers that are known."""
