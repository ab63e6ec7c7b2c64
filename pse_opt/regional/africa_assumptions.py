"""Health services in Africa: every assumed number in one table each, sources, and what is what."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

import pandas as pd

SEED = 2019
# Users' cost in KSh per unit and km; units a year per work unit (consulting staff, midwife, bed).
SERVICES = pd.DataFrame(
    [
        ("primary_care", "outpatient visits", "Primary care", 4.0, 6250.0),
        ("maternal_care", "births attended", "Maternal care", 56.0, 175.0),
        ("hospital_care", "bed-days", "Hospital care", 3.0, 275.94),
    ],
    columns=["service", "unit", "name", "access_cost_per_km", "yield"],
).set_index("service", drop=False)
# Consulting staff, midwives, beds; KSh of 2013 per visit and bed-day; days in bed for a birth.
LEVELS = pd.DataFrame(
    [
        ("post", 1, 0, 0, 394.15, 0.0, 0),
        ("dispensary", 2, 0, 0, 394.15, 0.0, 0),
        ("centre", 4, 4, 0, 505.14, 2305.42, 1),
        ("hospital", 8, 10, 65, 1078.24, 4610.83, 2),
        ("district", 12, 30, 170, 1078.24, 4610.83, 2),
        ("regional", 16, 45, 400, 1078.24, 4610.83, 2),
        ("national", 16, 60, 1000, 3191.68, 11147.08, 2),
    ],
    columns=["type", *SERVICES.index, "visit", "bed_day", "birth_days"],
).set_index("type")
VISITS_PER_BIRTH, SUPPLIES = 5, 0.22
# Kenya, World Bank: consumer prices from 2013 to 2018, by the inflation of each year; exchange.
INFLATION = {2014: 0.0688, 2015: 0.0658, 2016: 0.0630, 2017: 0.0801, 2018: 0.0469}
PRICES = round(prod(1.0 + rate for rate in INFLATION.values()), 2)
KSH_PER_USD = 101.3
# Small facilities of one owner in one region are bundled by these classes, others stand alone.
CLASSES = {"post": "small", "dispensary": "small", "centre": "centre"}
# Public money's and the provider's own share of the cost, quality, reliability.
OWNERS = pd.DataFrame(
    [
        ("gov", "government", "direct", 1.00, 0.00, 0.70, 0.90, "Government facilities in {}"),
        ("fbo", "ngo", "contract", 0.90, 0.10, 0.80, 0.92, "Faith-based facilities in {}"),
        ("ngo", "ngo", "contract", 0.75, 0.25, 0.80, 0.85, "NGO facilities in {}"),
        ("cbo", "ngo", "contract", 0.75, 0.25, 0.75, 0.80, "Community facilities in {}"),
    ],
    columns=["owner", "kind", "mode", "public", "own", "quality", "reliability", "name"],
).set_index("owner")
OWNER_OF = {
    "MoH": "gov", "Govt.": "gov", "Public": "gov", "Local authority": "gov", "MoHCDGEC": "gov",
    "FBO": "fbo", "NGO/FBO": "fbo", "FBO/NGO": "fbo",
    "NGO": "ngo", "Private not for profit": "ngo", "CBO": "cbo",
}  # fmt: skip
LEVEL_OF = {
    "Health Post": "post", "Clinic": "post", "Primary Health Care Unit": "post",
    "Community-based Health Planning and Services": "post",
    "Dispensary": "dispensary", "Primary Health Care Unit +": "dispensary",
    "Health Centre": "centre", "Rural Health Centre": "centre", "Polyclinic": "centre",
    "Primary Health Care Centre": "centre",
    "Hospital": "hospital", "Mission Hospital": "hospital", "Sub-District Hospital": "hospital",
    "General Hospital": "hospital", "Level 1 Hospital": "hospital",
    "District Hospital": "district", "Designated District Hospital": "district",
    "Municipal Hospital": "district", "Level 2 Hospital": "district",
    "County Referral Hospital": "regional", "Provincial General Hospital": "regional",
    "Regional Hospital": "regional", "Regional Referral Hospital": "regional",
    "Referral Hospital": "regional",
    "National Referral Hospital": "national", "National Hospital": "national",
    "Tertiary Hospital": "national", "Teaching Hospital": "national",
    "Level 3 Hospital": "national",
}  # fmt: skip
VARIANTS = {"low": (0.75, 1.00), "central": (0.75, 1.25), "high": (1.00, 1.45)}
CONTRACT, SUPERVISION, MINIMUM, OVERHEAD = 0.05, 0.05, 0.10, 300_000.0
# In radii of a disc of the region's area, and in degrees.
OUTSIDE, NEAR = 3.0, 0.02


@dataclass(frozen=True)
class Setting:
    """What differs between instances.

    Attributes
    ----------
    centre : str
        Jurisdiction above all others, which arranges national hospitals.
    most : mapping
        Most facilities in a bundle, by class.
    reach : mapping
        Reach in km by service, to the points of other regions.
    radii : mapping
        The same in radii of a disc of the mean region's area in the unit; the greater counts.
    money : float
        The instance's currency for a KSh.
    """

    centre: str
    most: dict[str, int]
    reach: dict[str, float]
    radii: dict[str, float] = field(default_factory=dict)
    money: float = 1.0


@dataclass(frozen=True)
class Country:
    """A country whose regions can be built.

    Attributes
    ----------
    regions : mapping
        People and area in km2 by region.
    aliases : mapping
        Regions' names in the facility list that differ from the census's.
    load : float
        Need over the capacity of all its facilities.
    notes : tuple
        Assumptions of this country alone.
    """

    name: str
    iso3: str
    word: str
    year: int
    regions: dict[str, tuple[int, float]]
    aliases: dict[str, str]
    sources: tuple[tuple[str, int, str], ...]
    load: float = 0.75
    notes: tuple[str, ...] = ()


COUNTRIES = {
    "gh": Country(
        "Ghana", "GHA", "regions", 2010,
        {
            "Ashanti": (4780380, 24389), "Brong Ahafo": (2310983, 39557),
            "Central": (2201863, 9826), "Eastern": (2633154, 19323),
            "Greater Accra": (4010054, 3245), "Northern": (2479461, 70384),
            "Upper East": (1046545, 8842), "Upper West": (702110, 18476),
            "Volta": (2118252, 20570), "Western": (2376021, 23921),
        },
        {},
        (
            ("List of Ghanaian regions by population (census 2010), Wikipedia", 2021,
             "CC BY-SA 4.0; facts only"),
            ("Regions of Ghana before 2019 (areas), Wikipedia; Western as on ghanadistricts.gov.gh",
             2018, "CC BY-SA 4.0; facts only"),
        ),
    ),
    "tz": Country(
        "Tanzania", "TZA", "regions", 2022,
        {
            "Arusha": (2356255, 37576), "Dar es Salaam": (5383728, 1393),
            "Dodoma": (3085625, 41311), "Geita": (2977608, 20054), "Iringa": (1192728, 35503),
            "Kagera": (2989299, 25265), "Katavi": (1152958, 45843), "Kigoma": (2470967, 37040),
            "Kilimanjaro": (1861934, 13250), "Lindi": (1194028, 66040),
            "Manyara": (1892502, 44522), "Mara": (2372015, 21760), "Mbeya": (2343754, 35954),
            "Morogoro": (3197104, 70624), "Mtwara": (1634947, 16710), "Mwanza": (3699872, 9467),
            "Njombe": (889946, 21347), "Pwani": (2024947, 32547), "Rukwa": (1540519, 22792),
            "Ruvuma": (1848794, 63669), "Shinyanga": (2241299, 18901),
            "Simiyu": (2140497, 25212), "Singida": (2008058, 49340), "Songwe": (1344687, 27656),
            "Tabora": (3391679, 76150), "Tanga": (2615597, 26667),
            "Pemba North": (272091, 574), "Pemba South": (271350, 332),
            "Unguja North": (257290, 470), "Unguja South": (195873, 854),
            "Unguja Urban West": (893169, 230),
        },
        {
            "Daressalaam": "Dar es Salaam", "Zanzibar North": "Unguja North",
            "Zanzibar Central/South": "Unguja South", "Zanzibar West": "Unguja Urban West",
        },
        (
            ("Tanzania, Population and Housing Census 2022 by region (National Bureau of "
             "Statistics)", 2022, "facts only"),
            ("Areas of the regions of Tanzania, PopulationData.net", 2022, "facts only"),
        ),
    ),
    "zm": Country(
        "Zambia", "ZMB", "provinces", 2010,
        {
            "Central": (1307111, 94394), "Copperbelt": (1972317, 31328),
            "Eastern": (1592661, 51476), "Luapula": (991927, 50567),
            "Lusaka": (2191225, 21896), "North-Western": (727044, 125826),
            "Northern and Muchinga": (1817481, 165456), "Southern": (1589926, 85283),
            "Western": (902974, 126386),
        },
        {
            "Muchiga": "Northern and Muchinga", "Northern": "Northern and Muchinga",
            "North Western": "North-Western",
        },
        (("Provinces of Zambia (census 2010 in the provinces of 2011; areas), Wikipedia", 2018,
          "CC BY-SA 4.0; facts only"),),
        0.55,
        (
            "Data: Muchinga, made in 2011 mostly from Northern, is one region with it, because "
            "the facility list mostly keeps the older provinces.",
        ),
    ),
}  # fmt: skip
LIST_SOURCES = (
    ("Public health facilities of sub-Saharan Africa (Maina et al. 2019, Sci Data 6:134; open "
     "access as counted by South et al. 2021, Wellcome Open Res 5:157), as packaged in "
     "afrimapr/afrihealthsites", 2019,
     "none stated for the list itself; facts only; paper CC BY 4.0, package GPL-3"),
    ("Okungu, Chuma and McIntyre, The cost of free health care for all Kenyans (unit costs by "
     "level and owner, table 3), Int J Equity Health 16:39", 2017, "CC BY 4.0; facts only"),
    ("Flessa, Moeller, Ensor and Hornetz, The Kenya health sector costing model, BMC Health Serv "
     "Res 11:128", 2011, "CC BY 2.0; facts only"),
    ("World Development Indicators, Kenya: inflation, consumer prices (FP.CPI.TOTL.ZG) and "
     "official exchange rate (PA.NUS.FCRF), World Bank", 2018, "CC BY 4.0; facts only"),
)  # fmt: skip
ASSUMPTIONS = {
    "country": [
        "Data: facilities, owner, type, coordinates and region are those of the list of public "
        "health facilities; it has no private clinics and does not tell which are functional.",
        "Data: population by region is the census's, without ages; areas are published ones.",
        "Derived: need = people x a rate per head equal in all regions, such that the nation's "
        "need is {load:.2f} of what the listed facilities can deliver at workload norms; it "
        "stands in for utilisation, which is not known by region.",
        "Derived: every region's budget is the same money per head, which would pay for its need "
        "at the median government unit cost of the levels; the ministry's pays for the national "
        "hospitals. These are not actual budgets.",
        f"Assumed: unit costs are Kenya's of the same level, converted at {KSH_PER_USD} KSh per "
        "USD (official rate of 2018, World Bank).",
        "Bundled: health posts, clinics and dispensaries of one owner group in one region are "
        "offers of at most 40 neighbours at their mean place, health centres of at most 12.",
        "Assumed: reach is 120 km (primary, maternal) and 200 km (hospital) to the point of "
        "another region; every facility reaches its own region.",
    ],
    "all": [
        "Derived: government owners are ministries and local authorities; faith-based, NGO and "
        "community owners are kind ngo; facilities of parastatal or unknown owners are left out.",
        f"Left out: facilities without coordinates, repeated within {NEAR} degrees under one name, "
        "type and owner, or further from the median place of their region than "
        f"{OUTSIDE:.0f} times the radius of a disc of its area.",
        "Derived: a region's point is the mean of its facilities, weighted by consulting staff, "
        "as a stand-in for its people; travel to facilities elsewhere is the great-circle "
        "distance to it.",
        "Derived: travel to facilities of the own region is two thirds of the radius of a disc of "
        "the unit's area over its facilities of the service (the mean distance to the nearest of "
        "evenly spread ones), and nobody travels less; unmet need is charged the longest link.",
        "Assumed: a consulting member of staff sees 25 patients on 250 days a year, a midwife "
        "attends 175 births a year (World Health Report 2005), and a bed is filled to 0.756 "
        "(WHO-CHOICE, Stenberg et al. 2018, Cost Eff Resour Alloc 16:11), as for Malawi.",
        "Assumed: a post or clinic has 1 consulting member of staff, a dispensary 2, a health "
        "centre 4 and 4 midwives, a hospital 8, 10 and 65 beds, a district hospital 12, 30 and "
        "170, a regional one 16, 45 and 400, a national one 16, 60 and 1,000, by Malawi's "
        "levels where they exist.",
        "Data: a visit cost KSh 394 at a dispensary, 505 at a health centre, 1,078 at a county "
        "and 3,192 at a national hospital, a bed-day 4,611 and 11,147 in 2013 (Okungu et al. "
        f"2017, table 3); prices are raised to 2018 by the factor {PRICES} (consumer prices: "
        "inflation of 2014 to 2018 was 6.88, 6.58, 6.30, 8.01 and 4.69 %; World Bank).",
        "Assumed: these unit costs hold at full capacity; 22 % of them, the share of drugs and "
        "supplies (Flessa et al. 2011), vary with volume and the rest is fixed.",
        "Assumed: a birth, with antenatal and postnatal contacts, costs five visits of its level "
        "and two bed-days, or one in a health centre at half a county hospital's cost.",
        "Assumed: government is wholly public money; faith-based facilities carry 10 % and other "
        "NGOs and community facilities 25 % of their cost from own funds; users pay no fees.",
        "Assumed: a contract costs 5 % of the fixed cost a year and supervision 5 % of the "
        "average cost per unit; overhead per contracted provider is KSh 300,000 a year.",
        "Assumed: published comparisons of contracting out find savings from nothing to a quarter "
        "(low); in Kenya a bed-day of not-for-profit hospitals cost 31 % more than a county "
        "hospital's (Okungu et al. 2017), so the high variant reaches 45 %; the central variant "
        "has equal mean cost.",
        "Assumed: contracts start at 10 % of capacity; quality and reliability are 0.70 and 0.90 "
        "for government, 0.80 and 0.92 for faith-based, 0.80 and 0.85 for NGO, 0.75 and 0.80 "
        "for community facilities.",
        "Assumed: users pay KSh 4 per km for a visit, 56 for a birth (seven trips there and back) "
        "and 3 for a bed-day, as in Malawi's instance at KSh 100 per USD.",
        "Derived: today's plan is government and faith-based facilities serving their own region "
        "in proportion to capacity, up to its need; who holds a contract is not in the data.",
        "Assumed: unmet need has no price, because floors and targets say how much must be met; "
        "last resort costs twice government's median; a unit served by another's facility pays "
        "its average cost, national hospitals are free.",
    ],
}
