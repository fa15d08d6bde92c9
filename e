skypelab: standard output: cannot write: No space left on device
