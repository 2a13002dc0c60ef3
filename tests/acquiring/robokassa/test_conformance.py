from tests.acquiring.conformance import ProviderConformance


class TestRobokassa(ProviderConformance):
    """The whole contract, with the fixture `harness` of this folder."""
