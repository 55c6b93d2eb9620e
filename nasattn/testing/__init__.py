"""Conformance suites, for your own tests too: inherit one and define its one fixture.

``nasattn.testing.attention.AttentionSuite`` is for attention modules, ``BackboneSuite`` in
``nasattn.testing.backbone`` for networks. They need pytest; tests that compile or export are
marked ``slow``.
"""

import pytest

# Else a failed assertion in them would not say what it compared.
pytest.register_assert_rewrite("nasattn.testing.attention", "nasattn.testing.backbone")
