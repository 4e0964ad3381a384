"""Files of gazetteers: layouts of AddressBase, DTF 7.3 and CSV, read line by line and checked."""
