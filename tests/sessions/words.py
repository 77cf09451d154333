"""Documents about sessions that tests send."""

from ops.road_documents import mutation

SESSION = """
isLinked accessToken accessExpiresAt refreshToken device { id name signedInAt expiresAt endedAt }
"""

SIGN_IN = mutation("signInWithWechat", "Session", SESSION)
LINK = mutation("linkMember", "Session", SESSION)
REFRESH = mutation("refreshSession", "Session", SESSION)
SIGN_OUT = mutation("signOut", "Device", "id endedAt")
SIGN_OUT_DEVICE = mutation("signOutDevice", "Device", "id endedAt")
LINK_CODE = mutation("issueLinkCode", "LinkCode", "code expiresAt")

DEVICES = "query { devices { edges { node { id name endedAt } } } }"
