"""One module for each group of pages: what is asked, and what is shown. A page is a function of an `Asked`."""
