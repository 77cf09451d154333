"""Documents about sessions that tests send."""

from ops.road_documents import REFUSAL

SESSION = """
isLinked accessToken accessExpiresAt refreshToken device { id name signedInAt expiresAt endedAt }
"""

SIGN_IN = f"""
mutation In($input: SignInWithWechatInput!) {{
  signInWithWechat(input: $input) {{ ... on Session {{ {SESSION} }} {REFUSAL} }}
}}"""

LINK = f"""
mutation Link($input: LinkMemberInput!) {{
  linkMember(input: $input) {{ ... on Session {{ {SESSION} }} {REFUSAL} }}
}}"""

REFRESH = f"""
mutation Refresh($input: RefreshSessionInput!) {{
  refreshSession(input: $input) {{ ... on Session {{ {SESSION} }} {REFUSAL} }}
}}"""

SIGN_OUT = f"""
mutation Out($input: SignOutInput!) {{
  signOut(input: $input) {{ ... on Device {{ id endedAt }} {REFUSAL} }}
}}"""

SIGN_OUT_DEVICE = f"""
mutation OutThere($input: SignOutDeviceInput!) {{
  signOutDevice(input: $input) {{ ... on Device {{ id endedAt }} {REFUSAL} }}
}}"""

LINK_CODE = f"""
mutation Code($input: IssueLinkCodeInput!) {{
  issueLinkCode(input: $input) {{ ... on LinkCode {{ code expiresAt }} {REFUSAL} }}
}}"""

DEVICES = "query { devices { edges { node { id name endedAt } } } }"
