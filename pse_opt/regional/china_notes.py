"""Chinese counties and districts: where figures come from."""

from __future__ import annotations

from typing import Any

__all__ = ["sources_of"]

SOURCES: list[dict[str, Any]] = [
    {
        "title": "China population census 2020 by county, tables prepared by L. Dong et al. "
        "(github.com/leiii/census)",
        "year": 2020,
        "licence": "MIT",
    },
    {
        "title": "China county statistical yearbook figures of 2020, joined by county code",
        "year": 2020,
        "licence": "none stated; figures only",
    },
    {
        "title": "Coordinates of administrative divisions: cpca 0.5.5, adcodes.csv",
        "year": "",
        "licence": "MIT",
    },
    {
        "title": "Areas of urban districts: Wikipedia (Xingqing, Xixia, Yinchuan, Shizuishan, "
        "Litong, Hongsibu); Yuanzhou: xzqh.org after Ningxia Statistical Yearbook 2020; Shapotou: "
        "xing528.com/lilun/1135206.html",
        "year": 2020,
        "licence": "figures only; Wikipedia CC BY-SA",
    },
    {
        "title": "Ningxia health figures of 2018 (41,005 beds; 1,208,000 admissions), China "
        "Health Statistical Yearbook 2019 as quoted at huaon.com/story/481723",
        "year": 2018,
        "licence": "figures only",
    },
    {
        "title": "Ningxia statistical communique 2017: 6,817,900 residents",
        "year": 2017,
        "licence": "figures only",
    },
    {
        "title": "Statistical communique on health 2020 (National Health Commission): 9.101 "
        "million beds, of them 7.131 million in hospitals, 28.6 % of these private",
        "year": 2020,
        "licence": "figures only",
    },
    {
        "title": "Statistical communique on health 2019 (National Health Commission): people pay "
        "28.4 % of total health expenditure",
        "year": 2019,
        "licence": "figures only",
    },
    {
        "title": "Ministry of Finance, 28 January 2021: general public expenditure 2020 of "
        "24,558.8 billion CNY, education 3,633.7, health 1,920.1",
        "year": 2020,
        "licence": "figures only",
    },
    {
        "title": "Petersen, Hjelmar and Vrangbaek, Is contracting out of public services still "
        "the great panacea? Social Policy and Administration 52 (2018) 130-157, doi "
        "10.1111/spol.12297",
        "year": 2018,
        "licence": "citation",
    },
    {
        "title": "Fujian Statistical Yearbook 2021, table 19-4: social service agencies with "
        "accommodation, 92,676 beds (tjj.fujian.gov.cn/tongjinianjian/dz2021)",
        "year": 2020,
        "licence": "figures only",
    },
    {
        "title": "Ningxia: pupils of 2015 (yinchuan.baogaosu.com, 4 August 2015) and "
        "social-service beds of 2016 (statistical communique 2016)",
        "year": 2016,
        "licence": "figures only",
    },
]
NINGXIA = ("Areas of urban districts", "Ningxia: pupils of 2015")  # of no use elsewhere


def sources_of(province: str) -> list[dict[str, Any]]:
    """Return the sources of a province's figures."""
    if province == "64":
        return SOURCES
    return [source for source in SOURCES if not source["title"].startswith(NINGXIA)]
