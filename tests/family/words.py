"""Documents about families that tests send."""

from ops.road_documents import REFUSAL

GRANT = """
id relation scopes isLive since until revokedAt monthLeft yearLeft
limits { purchase month year } owner { id name } proxy { id name }
"""

INVITATION = f"""
id state isNamed isPending relation scopes termDays expiresAt code
limits {{ purchase month year }} owner {{ id name }} proxy {{ id name }} grant {{ {GRANT} }}
"""

INVITE = f"""
mutation Invite($input: InviteFamilyInput!) {{
  inviteFamily(input: $input) {{ ... on FamilyInvitation {{ {INVITATION} }} {REFUSAL} }}
}}"""

ACCEPT = f"""
mutation Accept($input: AcceptFamilyInput!) {{
  acceptFamily(input: $input) {{ ... on FamilyInvitation {{ {INVITATION} }} {REFUSAL} }}
}}"""

DECLINE = f"""
mutation Decline($input: DeclineFamilyInput!) {{
  declineFamily(input: $input) {{ ... on FamilyInvitation {{ {INVITATION} }} {REFUSAL} }}
}}"""

REVOKE = f"""
mutation Revoke($input: RevokeFamilyInput!) {{
  revokeFamily(input: $input) {{ ... on FamilyGrant {{ {GRANT} }} {REFUSAL} }}
}}"""

SHOW = f"""
mutation Show($input: ShowFamilyCodeInput!) {{
  showFamilyCode(input: $input) {{ ... on FamilyCode {{ code expiresAt }} {REFUSAL} }}
}}"""

SUBMIT = f"""
mutation Submit($input: SubmitFamilyCodeInput!) {{
  submitFamilyCode(input: $input) {{ ... on IdentityCheck {{ id method verdict decidedAt }} {REFUSAL} }}
}}"""

GRANTS = f"""
query Grants($liveOnly: Boolean! = true, $first: Int! = 20, $after: String) {{
  familyGrants(liveOnly: $liveOnly, first: $first, after: $after) {{
    edges {{ node {{ {GRANT} }} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

INVITATIONS = f"""
query Invitations {{ familyInvitations {{ edges {{ node {{ {INVITATION} }} }} }} }}"""
