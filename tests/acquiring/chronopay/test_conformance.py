from tests.acquiring.conformance import ProviderConformance


class TestChronopay(ProviderConformance):
    """The whole contract, with the fixture `harness` of this folder."""
