"""The cast of the sample world (固定角色): all that demos, documents and tests call by name.

Whatever the scale, all of these exist. Members are named by person number; `ids.member_id` gives their id.
"""

from dataclasses import dataclass
from decimal import Decimal

from policy.geography import Point

# --- Fujian: hospitals and doctors -------------------------------------------------------------------------

FUJIAN_AREA = "350100"

FUJIAN_HOSPITAL = "H35010200001"
"""Public, level 3, in Fuzhou's Gulou (福州鼓楼, 三级公立)."""
FUJIAN_INTERNET_HOSPITAL = "H35010200002"
"""The internet hospital of FUJIAN_HOSPITAL (互联网医院)."""
FUJIAN_COUNTY_HOSPITAL = "H35042700001"
"""Public, level 2, in Sanming's Shaxian (三明沙县, 二级公立)."""
FUJIAN_PRIVATE_HOSPITAL = "H35010300001"
"""Private, level 1, without a contract (未签约)."""

FUJIAN_DOCTOR = "D350102000001"
"""Treats hypertension, diabetes and what goes with them."""
FUJIAN_DOCTOR_NARROW = "D350102000002"
"""Treats mental disorders only (执业范围仅精神科)."""
FUJIAN_DOCTOR_LAPSED = "D350102000003"
"""The registration ended on 2026-02-28 (注册已止)."""
FUJIAN_INTERNET_DOCTOR = "D350102000004"
FUJIAN_COUNTY_DOCTOR = "D350427000001"
FUJIAN_PRIVATE_DOCTOR = "D350103000001"

# --- Fujian: members -------------------------------------------------------------------------------------

FUJIAN_PATIENT = "35010000000001"
"""Retired employee with hypertension and diabetes, the year's deductible already paid; has an account."""
FUJIAN_PATIENT_FAMILY = "35010000000002"
"""The patient's daughter: may see and buy for the patient, and lets the patient draw on her account."""
FUJIAN_RESIDENT = "35010000000003"
"""Resident insurance, diabetes (居民医保)."""
FUJIAN_ARREARS = "35010000000004"
FUJIAN_WAITING = "35010000000005"
FUJIAN_NO_DISEASE = "35010000000006"
"""No confirmed special disease (未备案门特)."""
FUJIAN_TRAVELLER = "35010000000007"
"""From elsewhere, not registered here (临时外出就医)."""
FUJIAN_SANMING_PATIENT = "35040000000001"
"""Employee of Sanming with hypertension."""

# --- Fujian: pharmacies and pharmacists --------------------------------------------------------------------

FUJIAN_HOME = Point(119.3052, 26.0836)
"""Where the patient searches from, GCJ-02."""

FUJIAN_PHARMACY = "P35010200001"
"""Near the patient, open, pharmacist on duty, has every demo drug, delivers, takes the family code."""
FUJIAN_PHARMACY_OTHER = "P35010200002"
"""Somewhat further, somewhat cheaper, has every demo drug too."""
FUJIAN_PHARMACY_PARTIAL = "P35010200003"
"""Lacks the last demo drug (缺一味)."""
FUJIAN_PHARMACY_CLOSED = "P35010200004"
"""Closed on Mondays; the demo day is one (周一休息)."""
FUJIAN_PHARMACY_NO_PHARMACIST = "P35010200005"
"""Open, but its pharmacist comes at 14:00 (上午无药师)."""
FUJIAN_PHARMACY_ENDED = "P35010200006"
"""The contract has ended (协议已解除)."""
FUJIAN_PHARMACY_DEAR = "P35010200007"
"""Sells above the ceiling (超限价)."""
FUJIAN_PHARMACY_EMPTY = "P35010200008"
"""Sold out of the demo drugs (无货); the rest expires soon (近效期)."""
FUJIAN_PHARMACY_LAPSED = "P35010200009"
"""Its pharmacist on duty is no longer in the register (药师库已失效)."""
FUJIAN_PHARMACY_NIGHT = "P35010300001"
"""Open day and night (24 小时)."""
FUJIAN_PHARMACY_SANMING = "P35042700001"
"""Under the prices of Sanming's alliance (三明联盟价)."""

FUJIAN_PHARMACIST = "HY350102000011"
"""On duty at FUJIAN_PHARMACY in the demo's morning; the second comes at 15:00."""
FUJIAN_PHARMACIST_SECOND = "HY350102000012"
FUJIAN_PHARMACIST_OTHER = "HY350102000021"
FUJIAN_PHARMACIST_LAPSED = "HY350102000091"
FUJIAN_PHARMACIST_SANMING = "HY350427000011"

# --- Shanxi: hospitals and doctors -------------------------------------------------------------------------

SHANXI_AREA = "140100"

SHANXI_HOSPITAL = "H14010600001"
"""Public, level 3, in Taiyuan's Yingze (太原迎泽, 三级公立)."""
SHANXI_INTERNET_HOSPITAL = "H14010600002"
"""The internet hospital of SHANXI_HOSPITAL (互联网医院)."""
SHANXI_COUNTY_HOSPITAL = "H14020200001"
"""Public, level 2, in Datong (大同, 二级公立)."""
SHANXI_PRIVATE_HOSPITAL = "H14010500001"
"""Private, level 1, without a contract (未签约)."""
SHANXI_ORPHAN_HOSPITAL = "H14010500002"
"""Internet hospital whose physical hospital has no contract (SX-5)."""

SHANXI_DOCTOR = "D140106000001"
SHANXI_DOCTOR_LAPSED = "D140106000002"
SHANXI_INTERNET_DOCTOR = "D140106000003"
SHANXI_COUNTY_DOCTOR = "D140202000001"
SHANXI_PRIVATE_DOCTOR = "D140105000001"
SHANXI_ORPHAN_DOCTOR = "D140105000002"

# --- Shanxi: members -------------------------------------------------------------------------------------

SHANXI_PATIENT = "14010000000001"
"""Working employee of Taiyuan with a personal account."""
SHANXI_PATIENT_FAMILY = "14010000000002"
"""The patient's wife: may see and buy for him, and lets him draw on her account."""
SHANXI_RETIRED = "14010000000003"
SHANXI_NO_ACCOUNT = "14010000000004"
"""Employee without a personal account (无个人账户, SX-2)."""
SHANXI_ARREARS = "14010000000005"
SHANXI_WAITING = "14010000000006"
SHANXI_ELSEWHERE = "14020000000001"
"""Insured in Datong, registered as living elsewhere in the province (省内异地备案, SX-24)."""
SHANXI_TRAVELLER = "14010000000007"
SHANXI_RESIDENT = "14010000000008"
"""Resident insurance: outside the rules of SX (居民医保)."""

# --- Shanxi: pharmacies and pharmacists --------------------------------------------------------------------

SHANXI_HOME = Point(112.5659, 37.8652)
"""Where the patient searches from, GCJ-02."""

SHANXI_PHARMACY = "P14010600001"
SHANXI_PHARMACY_OTHER = "P14010600002"
SHANXI_PHARMACY_PARTIAL = "P14010600003"
SHANXI_PHARMACY_CLOSED = "P14010600004"
SHANXI_PHARMACY_NO_PHARMACIST = "P14010600005"
SHANXI_PHARMACY_ENDED = "P14010600006"
SHANXI_PHARMACY_EMPTY = "P14010600008"
SHANXI_PHARMACY_NIGHT = "P14010500001"
SHANXI_PHARMACY_DATONG = "P14020200001"

SHANXI_PHARMACIST = "HY140106000011"
SHANXI_PHARMACIST_SECOND = "HY140106000012"
SHANXI_PHARMACIST_OTHER = "HY140106000021"

# --- drugs -----------------------------------------------------------------------------------------------

AMLODIPINE = "XC08CAS001A001010199901"
"""苯磺酸氨氯地平片: class A, essential, 集采."""
AMLODIPINE_ORIGINAL = "XC08CAS001A001010199909"
"""The same by another maker, dearer, not 集采."""
IRBESARTAN_HCT = "XC09DAS009A001010199904"
"""厄贝沙坦氢氯噻嗪片: class B, 集采."""
METOPROLOL = "XC07ABS014A010010199902"
"""琥珀酸美托洛尔缓释片: class B, essential, 集采."""
GASTRODIA_GRANULES = "ZA15BBS0138010199902"
"""天麻钩藤颗粒: its listed price was cut on 2026-03-01, so the old one is the ceiling through 2026-03-31."""
ROSUVASTATIN = "XC10AAS027A001010199908"
"""瑞舒伐他汀钙片: cut on 2026-01-15; the thirty days have passed."""
METFORMIN = "XA10BAS037A001010199902"
"""盐酸二甲双胍片: class A, essential, 集采, for diabetes."""
INSULIN_GLARGINE = "XA10AES049B001010199908"
"""甘精胰岛素注射液: insulin, never excluded."""
CLOPIDOGREL = "XB01ACS022A001010199902"
"""硫酸氢氯吡格雷片: class A, essential, 集采."""
NIFEDIPINE_ORIGINAL = "XC08CAS002A012010199909"
"""硝苯地平控释片, original maker: class B, sold above Shanxi's payment standard."""
LINAGLIPTIN = "XA10BHS043A001010199901"
"""利格列汀片: class B, essential, no payment standard in Shanxi."""
SACUBITRIL_VALSARTAN = "XC09DXS010A001010199905"
"""沙库巴曲缬沙坦钠片: negotiated, limited use; its negotiated price is below its listed one."""
ROXADUSTAT = "XB03XAS096E001010199908"
"""罗沙司他胶囊: negotiated, from level 2 on (限二级以上)."""
MORPHINE = "XN02AAS146A010010199902"
ALPRAZOLAM = "XN05BAS149A001010199905"
EPOETIN = "XB03XAS154B001010199902"
TIGECYCLINE = "XJ01AAS156B014010199904"
ADENOVIRUS = "XL01XXS158B001010199906"
MIFEPRISTONE = "XG03XBS159A001010199907"
ASTRAGALUS_PIECES = "ZT99AAS0160010199908"
HOSPITAL_PREPARATION = "ZP99AAS0162010199902"
TELMISARTAN = "XC09CAS008A001010199903"
"""替米沙坦片: in the catalogue, but not listed in Fujian (未挂网)."""
ORLISTAT = "XA08ABS163E001010199903"
"""奥利司他胶囊: class C, outside the catalogue (目录外)."""
PEN_NEEDLE = "C9999999900001999901"
"""一次性使用胰岛素笔用针头: a consumable (耗材), refused on a circulated prescription."""


@dataclass(frozen=True, slots=True)
class DemoLine:
    """A line of a demo's prescription (示例处方明细): packages, dose in base units, times a day, days."""

    drug_code: str
    quantity: Decimal
    dose: Decimal
    times_per_day: Decimal
    days: int


def _line(drug_code: str, packages: int, times: int, days: int) -> DemoLine:
    return DemoLine(drug_code, Decimal(packages), Decimal(1), Decimal(times), days)


FUJIAN_DISEASE = "M03900"
FUJIAN_LINES = (_line(AMLODIPINE, 3, 1, 84), _line(IRBESARTAN_HCT, 3, 1, 84), _line(METOPROLOL, 3, 1, 84))
"""Twelve weeks against hypertension (高血压, 12 周): beyond the ordinary supply, so a reason is stated."""
FUJIAN_LONG_SUPPLY_REASON = "病情稳定，需长期用药"
FUJIAN_DIABETES = "M01600"
FUJIAN_DIABETES_LINES = (
    _line(METFORMIN, 1, 3, 28),
    DemoLine(INSULIN_GLARGINE, Decimal(1), Decimal(10), Decimal(1), 30),
)

SHANXI_LINES = (
    _line(CLOPIDOGREL, 1, 1, 28),
    _line(NIFEDIPINE_ORIGINAL, 1, 1, 28),
    _line(LINAGLIPTIN, 1, 1, 28),
)
"""Four weeks under the common outpatient benefit (普通门诊统筹); the second line is above its standard."""

FUJIAN_DEMO_DRUGS = (*FUJIAN_LINES, *FUJIAN_DIABETES_LINES)
SHANXI_DEMO_DRUGS = (*SHANXI_LINES, _line(METFORMIN, 1, 3, 28), _line(AMLODIPINE, 1, 1, 28))

PORTRAITS = {FUJIAN_PATIENT: "obama", SHANXI_PATIENT: "biden"}
"""Which test portrait each demo patient enrols (人脸建档): keys of `ops.portraits`."""
