from tests.acquiring.conformance import ProviderConformance, ProviderSaving
from tests.acquiring.listing import ProviderListing


class TestCloudpayments(ProviderConformance, ProviderSaving, ProviderListing):
    """The whole contract, with the fixture `harness` of this folder."""
