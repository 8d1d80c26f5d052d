"""Files as outlines: LaTeX, Markdown, notebooks; macros, positions; no mathematics."""
