"""The guide, the reference and the pictures as a site: pages as Markdown, which Sphinx makes HTML of."""
