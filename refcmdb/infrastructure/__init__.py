"""What stands around the instances: the balancer in front of them."""
