"""PerformanceMonitor and AlertSystem: how the process does, and who is told when it does badly."""
