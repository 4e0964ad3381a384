"""How long cases are kept, and how they go: holds, disposal lists, exports of what is held."""
