"""The finance office: staff look into payments, give money back, place what is in suspense, see takings."""
