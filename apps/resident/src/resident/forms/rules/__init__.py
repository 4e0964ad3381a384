"""Pure parts of the pages: answers in fields, words for people, charges."""
