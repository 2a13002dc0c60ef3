from tests.acquiring.conformance import ProviderConformance


class TestCloudpayments(ProviderConformance):
    """The whole contract, with the fixture `harness` of this folder."""
