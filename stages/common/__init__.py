"""What several rooms share: params, shards, artifacts, parallel work, audio."""
