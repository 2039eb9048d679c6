"""What an editor of cues does: a session with a sheet that is kept on disk, performed by the window, and delivered."""
