"""The postcodes.io API and the region's file of postcodes."""
