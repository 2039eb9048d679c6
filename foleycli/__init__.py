"""foley: sound for silent video."""
