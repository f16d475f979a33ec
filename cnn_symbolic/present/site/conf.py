"""The settings of Sphinx for the site. Formulas between dollar signs, of the notebook, become MathML.

Sphinx would have them set by a script from another host, and the site asks no other host for anything.
"""

from docutils.nodes import SkipNode, math, math_block
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from cnn_symbolic.ground.version import __version__

project = "cnn-symbolic"
copyright = "the cnn_symbolic developers, MIT licence"
version = release = __version__
language = "en"

extensions = ["myst_nb"]
myst_enable_extensions = ["attrs_block", "dollarmath"]
smartquotes = False
nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
pygments_style = "friendly"
pygments_dark_style = "monokai"

html_theme = "furo"
html_title = "cnn_symbolic"
html_static_path = ["static", "../book/templates/entry.css"]
html_css_files = ["entry.css", "site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None
html_domain_indices = False
python_maximum_signature_line_length = 100
toc_object_entries = False


def inline(translator: HTML5Translator, node: math) -> None:
    """Write a formula within a sentence."""
    translator.body.append(tex2mathml(node.astext()))
    raise SkipNode


def displayed(translator: HTML5Translator, node: math_block) -> None:
    """Write a formula on a line of its own."""
    translator.body.append(tex2mathml(node.astext(), as_block=True))
    raise SkipNode


def setup(app: Sphinx) -> None:
    """Have Sphinx write formulas with these."""
    app.add_html_math_renderer("mathml", (inline, None), (displayed, None))
