"""Files are loaded into layers: uploaded, compared with what is there, and published."""
