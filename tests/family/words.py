"""Documents about families that tests send."""

from ops.road_documents import mutation

GRANT = """
id relation scopes isLive since until revokedAt monthLeft yearLeft
limits { purchase month year } owner { id name } proxy { id name }
"""

INVITATION = f"""
id state isNamed isPending relation scopes termDays expiresAt code
limits {{ purchase month year }} owner {{ id name }} proxy {{ id name }} grant {{ {GRANT} }}
"""

INVITE = mutation("inviteFamily", "FamilyInvitation", INVITATION)
ACCEPT = mutation("acceptFamily", "FamilyInvitation", INVITATION)
DECLINE = mutation("declineFamily", "FamilyInvitation", INVITATION)
REVOKE = mutation("revokeFamily", "FamilyGrant", GRANT)
SHOW = mutation("showFamilyCode", "FamilyCode", "code expiresAt")
SUBMIT = mutation("submitFamilyCode", "IdentityCheck", "id method verdict decidedAt")

GRANTS = f"""
query Grants($liveOnly: Boolean! = true, $first: Int! = 20, $after: String) {{
  familyGrants(liveOnly: $liveOnly, first: $first, after: $after) {{
    edges {{ node {{ {GRANT} }} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

INVITATIONS = f"""
query Invitations {{ familyInvitations {{ edges {{ node {{ {INVITATION} }} }} }} }}"""
