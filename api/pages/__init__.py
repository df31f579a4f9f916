"""The pages for people; one module a place in the menu."""
