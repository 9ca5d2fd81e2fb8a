"""The window embedding of KolektorSDD2: images as clouds in PC space, and their odds.

Source: "A beautiful embedding applied to defect detection" (2022), a public article.
"""
