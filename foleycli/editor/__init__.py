"""The page of `foley edit`: a local server for one video and one person. Needs foleycli[edit]."""
