"""What pages share: fragments, charts, words, the page itself."""
