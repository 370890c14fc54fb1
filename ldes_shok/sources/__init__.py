"""Where events come from: each source hands deliveries over and is told when they are safe."""
