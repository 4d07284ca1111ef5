"""What becomes of the difference between an item and its money: REFERENCE 3.5, step 7."""
