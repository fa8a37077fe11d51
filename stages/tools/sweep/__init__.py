"""The paper's tables as commands: experiments queued, run over seeds, and set beside the paper's figures."""
