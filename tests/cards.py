"""The numbers on the ID cards that the people of a fill carry."""

from uuid import UUID

from models import Fill, Member
from ops.client import Json
from tests.world import keys


async def card_numbers(fill_id: str) -> Json:
    """What a card reader would read: the buyer's number and the member's."""
    fill = await Fill.get(id=UUID(fill_id))
    buyer, member = await Member.get(id=fill.buyer_id), await Member.get(id=fill.member_id)
    return {"cardNumber": number_of(buyer), "memberCardNumber": number_of(member)}


def number_of(member: Member) -> str:
    """The ID number of a member of the sample world."""
    sealed = bytes(member.id_number_sealed)
    return keys().decrypt_text(sealed, context=f"member:{member.id}".encode())
