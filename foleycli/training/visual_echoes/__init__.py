"""Training of Visual Echoes: tokens of pictures and sounds, then one masked transformer over both."""
