"""Verdicts at their places in files, in the forms that other tools read: GitHub's annotations, JUnit, SARIF."""
