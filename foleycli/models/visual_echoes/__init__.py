"""Visual Echoes, assembled: sound from a picture, a picture from a sound, both at once."""
