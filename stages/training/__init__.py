"""One trainer for every stage that trains: data, batches, the loop, checkpoints."""
