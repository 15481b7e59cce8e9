"""How a Quarto book is made, checked and kept fresh; knows nothing of this study."""
