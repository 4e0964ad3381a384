"""Read and write files of map data in a child process."""
