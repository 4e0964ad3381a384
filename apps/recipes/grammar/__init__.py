"""What a recipe and a council's file may say: their keys, and what each value looks like."""
