"""What is sent to the target: operations, injection points, payloads, the client."""
