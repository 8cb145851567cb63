"""What is decreed: dated, typed policies, one module a family.

`AnyPolicy` is the union a scenario's `[[policy]]` rows are read as; the key
`type` chooses the class.
"""

from typing import Annotated

from pydantic import Field

from market_abm.policy.base import Policy
from market_abm.policy.shock import DemandShock, LouderNews, SupplyOutage
from market_abm.policy.stockpile import ActorPolicy, BandPurchase, Stockpile
from market_abm.policy.support import (
    Equity,
    ExplorationGrant,
    Loan,
    PriceFloor,
    ProcessingSubsidy,
    RecyclingSubsidy,
    StateOfftake,
    ThriftingSubsidy,
)
from market_abm.policy.trade import (
    ConcentrateReserve,
    Crackdown,
    Embargo,
    ExportLicence,
    ExportQuota,
    ExportTax,
    ImportTariff,
    MiningCharge,
    OutputHalt,
    ProductionQuota,
)

AnyPolicy = Annotated[
    ExportQuota
    | ExportLicence
    | Embargo
    | ExportTax
    | ImportTariff
    | ProductionQuota
    | Crackdown
    | MiningCharge
    | ConcentrateReserve
    | OutputHalt
    | Stockpile
    | BandPurchase
    | Equity
    | Loan
    | ExplorationGrant
    | StateOfftake
    | PriceFloor
    | ProcessingSubsidy
    | ThriftingSubsidy
    | RecyclingSubsidy
    | DemandShock
    | SupplyOutage
    | LouderNews,
    Field(discriminator="type"),
]

__all__ = [
    "AnyPolicy",
    "Policy",
    "ActorPolicy",
    "ExportQuota",
    "ExportLicence",
    "Embargo",
    "ExportTax",
    "ImportTariff",
    "ProductionQuota",
    "Crackdown",
    "MiningCharge",
    "ConcentrateReserve",
    "OutputHalt",
    "Stockpile",
    "BandPurchase",
    "Equity",
    "Loan",
    "ExplorationGrant",
    "StateOfftake",
    "PriceFloor",
    "ProcessingSubsidy",
    "ThriftingSubsidy",
    "RecyclingSubsidy",
    "DemandShock",
    "SupplyOutage",
    "LouderNews",
]
