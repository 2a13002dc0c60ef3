from tests.acquiring.conformance import ProviderConformance, ProviderSaving


class TestCloudpayments(ProviderConformance, ProviderSaving):
    """The whole contract, with the fixture `harness` of this folder."""
