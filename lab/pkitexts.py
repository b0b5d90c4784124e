"""What a router says about certificates and trustpoints, word for word."""

from __future__ import annotations

FAIL = "% Error in saving certificate: status = FAIL\n\n"
REJECTED = f"Trustpoint CA certificate is rejected. Abort.\n{FAIL}"
ACCEPTED = "Trustpoint CA certificate accepted.\n% Certificate successfully imported\n\n"
FINGERPRINT_MISSING = f"Trustpoint fingerprint must be supplied.\n{REJECTED}"
PASTE = """
Enter the base 64 encoded CA certificate.
End with a blank line or the word "quit" on a line by itself

"""
NOT_A_CA = """Trustpoint '{}' is a subordinate CA.
but certificate is not a CA certificate.
Manual verification required
"""
SUBORDINATE = "Trustpoint '{}' is a subordinate CA and holds a non self signed cert\n"
REMOVAL = """% Removing an enrolled trustpoint will destroy all certificates
 received from the related Certificate Authority.

"""
HAS_CA = """% Please delete your existing CA certificate first.
% You must use 'no crypto pki trustpoint <trustpoint-name>' to delete the CA certificate
"""
ACCEPT_PROMPT = "% Do you accept this certificate? [yes/no]: "
SURE_PROMPT = "Are you sure you want to do this? [yes/no]: "
