"""The rows of a household's year (一户全年入库行), table by table, as the use cases write them."""

from datetime import date, timedelta

from ops.world.ids import id_number
from ops.year.household import Bought, Credited, Household, TakenBack
from ops.year.people import Person
from ops.year.reversal_rows import write_reversal
from ops.year.sale_rows import write_settlement
from ops.year.sheet import Sheet, Voucher
from policy.books import Owner, contribution_entry
from policy.terms import AccountKind, InsuredState, Residence

FIRST_NUMBER, NUMBERS = 20_000, 29_000
"""Identity numbers of the city lie above those of the sample world's cast."""

EARLIEST_BIRTH, BIRTH_DAYS = date(1946, 1, 1), 19_000


def write_year(sheet: Sheet, household: Household) -> None:
    """Live the household's year and keep its rows (一户全年)."""
    deeds = list(household.deeds())
    taken = {one.bought.number: one for one in deeds if isinstance(one, TakenBack)}
    for person in household.people:
        write_person(sheet, household, person)
    for deed in deeds:
        if isinstance(deed, Credited):
            write_credit(sheet, household, deed)
        elif isinstance(deed, Bought):
            back = taken.get(deed.number)
            key, lines = write_settlement(sheet, household, deed, back)
            if back is not None:
                write_reversal(sheet, household, back, key, lines)
    for person in household.people:
        write_standing(sheet, household, person)


def person_number(sheet: Sheet, person: Person) -> str:
    """The person number (人员编号)."""
    return f"{sheet.city.person_prefix}{person.index:08d}"


def write_person(sheet: Sheet, household: Household, person: Person) -> None:
    """The member, sealed as ever, and the special disease."""
    city, keys, kind = sheet.city, sheet.keys, person.kind
    context = f"member:{person.id}".encode()
    days = person.index * 37 % BIRTH_DAYS + person.index // NUMBERS
    born, is_male = EARLIEST_BIRTH + timedelta(days=days), person.index % 2 == 0
    number = id_number(city.area, born, FIRST_NUMBER + person.index % NUMBERS, is_male=is_male)
    sheet.put(
        "member",
        person.id,
        person_number(sheet, person),
        keys.encrypt_text(f"示例{person.index:08d}", context=context),
        keys.encrypt_text(number, context=context),
        keys.lookup_hash(number),
        "1" if is_male else "2",
        born,
        city.area,
        kind.insurance,
        kind.status,
        InsuredState.NORMAL,
        Residence.LOCAL,
        person.account is not None,
    )
    if kind.disease:
        since = date(city.year - 1, 1, 1)
        values = person.id, kind.disease, f"示例病种 {kind.disease}", since, None
        sheet.put("special_disease_record", household.new_id(), *values)


def write_standing(sheet: Sheet, household: Household, person: Person) -> None:
    """What the year leaves (年末结余): the account's balance, the accumulators."""
    if person.account is not None:
        kind = AccountKind.MEMBER_ACCOUNT
        sheet.put("account", person.account, kind, str(person.id), person.balance)
    for name, use in person.pots.items():
        values = person.id, sheet.city.year, name, use.deductible, use.fund
        sheet.put("accumulator", household.new_id(), *values)


def write_credit(sheet: Sheet, household: Household, deed: Credited) -> None:
    """Money into the account (划入)."""
    reference = f"CREDIT:{sheet.city.area}:{person_number(sheet, deed.person)}:{deed.number}"
    voucher = Voucher("CREDIT", reference, "个人账户划入", deed.at)
    members = {Owner.MEMBER: deed.person.account}
    sheet.book(household.new_id, voucher, contribution_entry(deed.amount), "", members)
