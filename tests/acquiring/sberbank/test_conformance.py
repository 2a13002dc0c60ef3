from tests.acquiring.conformance import ProviderConformance


class TestSberbank(ProviderConformance):
    """The whole contract, with the fixture `harness` of this folder."""
