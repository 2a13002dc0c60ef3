import pytest

pytest.register_assert_rewrite("tests.acquiring.conformance", "tests.acquiring.listing")
