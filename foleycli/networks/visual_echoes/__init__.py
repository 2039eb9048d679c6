"""Networks of Visual Echoes: the masked transformer over tokens of pictures and sounds, and the tokenizers."""
